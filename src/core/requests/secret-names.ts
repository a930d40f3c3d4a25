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

/** The values of secret names are replaced. `query`: with or without its `?`. */
export function redactQuery(query: string, more: readonly string[] = []): string {
  if (query.length < 2) return query;
  return query.replaceAll(/([?&;]|^)([^=&;?]+)=([^&;]*)/g, (whole, before: string, name: string) =>
    isSecretName(decoded(name), more) ? `${before}${name}=***` : whole,
  );
}

/** What cannot be decoded is looked at as it stands. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return name;
  }
}
