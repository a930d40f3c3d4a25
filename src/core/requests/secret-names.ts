import { decodedQueryText } from "../query-text.ts";

/** A name that has one of these in it, without its separators, is a secret's. */
const parts = [
  "token",
  "secret",
  "passw",
  "passphrase",
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
/** Too short to be looked for within other words: they are secret alone, and as a name's last word. */
const words: ReadonlySet<string> = new Set([
  "key",
  "sig",
  "sid",
  "pwd",
  "pass",
  "auth",
  "code",
  "otp",
  "pin",
]);
/** A key by which a repetition is known, which opens nothing. */
const open = "idempotencykey";
/** Between words, also of `camelCase`. */
const wordEnd = /[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])/;

/** Whether what stands under this name of a query or a header must not be written down. `name`: decoded. */
export function isSecretName(name: string, more: readonly string[] = []): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  if (more.includes(name.toLowerCase()) || words.has(plain)) return true;
  if (parts.some((part) => plain.includes(part))) return true;
  const last = name.split(wordEnd).findLast((word) => word !== "") ?? "";
  return words.has(last.toLowerCase()) && plain !== open;
}

/** A URL is encoded where it is a value, and once more where that URL is. */
const encodingsMax = 2;

/** The values of secret names are replaced, also in the query of a URL that stands as a value. `query`: with or without its `?`. */
export function redactQuery(query: string, more: readonly string[] = []): string {
  return redacted(query, more, encodingsMax);
}

/** `encodings`: so many are still looked through. */
function redacted(query: string, more: readonly string[], encodings: number): string {
  if (query.length < 2) return query;
  let isSecret = false;
  return query.replaceAll(/([?&;#]|^)([^?&;#]*)/g, (whole, before: string, pair: string) => {
    // A `?` ends no value: what follows one in a secret is the secret's.
    if (isSecret && before === "?") return "";
    const nameEnd = pair.indexOf("=");
    const [name, value] = [pair.slice(0, Math.max(0, nameEnd)), pair.slice(nameEnd + 1)];
    isSecret =
      (name !== "" && isSecretName(decodedQueryText(name), more)) || holdsSecret(value, more, encodings);
    return isSecret ? `${before}${pair.slice(0, nameEnd + 1)}***` : whole;
  });
}

/** An encoded value that is, or ends with, a query with a secret in it. */
function holdsSecret(value: string, more: readonly string[], encodings: number): boolean {
  if (encodings === 0 || !value.includes("%")) return false;
  const text = decodedQueryText(value);
  return redacted(text, more, encodings - 1) !== text;
}
