/** A name that has one of these in it, without its separators, is a secret's. */
const parts = [
  "token",
  "secret",
  "passw",
  "apikey",
  "accesskey",
  "privatekey",
  "signature",
  "credential",
  "authorization",
  "session",
  "cookie",
  "jwt",
];
/** Too short to be looked for within other names. */
const wholes: ReadonlySet<string> = new Set(["key", "sig", "sid", "pwd", "auth", "code", "otp", "pin"]);

/** Whether what stands under this name of a query or a header must not be written down. `name`: decoded. */
export function isSecretName(name: string, more: readonly string[] = []): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  if (wholes.has(plain) || more.includes(name.toLowerCase())) return true;
  return parts.some((part) => plain.includes(part));
}

/** The values of secret names are replaced, also in the query of a URL that stands as a value. `query`: with or without its `?`. */
export function redactQuery(query: string, more: readonly string[] = []): string {
  if (query.length < 2) return query;
  let isSecret = false;
  return query.replaceAll(/([?&;]|^)([^?&;]*)/g, (whole, before: string, pair: string) => {
    // A `?` ends no value: what follows one in a secret is the secret's.
    if (isSecret && before === "?") return "";
    const nameEnd = pair.indexOf("=");
    const name = pair.slice(0, Math.max(0, nameEnd));
    isSecret = nameEnd > 0 && isSecretName(decoded(name), more);
    return isSecret ? `${before}${name}=***` : whole;
  });
}

/** What cannot be decoded is looked at as it stands. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return name;
  }
}
