import { SkeinError } from "../../protocol/error.ts";

/** What a URL does not take as it is: of ASCII by its own rules, and whatever is not ASCII. */
const notInPath = /[^!-~]|["<>\\^`{}]/gu;
const notInQuery = /[^!-~]|["'<>]/gu;

/**
 * A path and its query as they are sent: encoded as the global `fetch` does it, without a fragment. Invariant: nothing
 * else changes. What is encoded already stays so, `..` and `//` stay as they are, and a `\` is none of the path's slashes.
 */
export function requestTarget(given: string): string {
  const [, path = "", query = ""] = /^([^?#]*)(\?[^#]*)?/.exec(given) ?? [];
  return path.replace(notInPath, encoded) + query.replace(notInQuery, encoded);
}

/** The global `fetch` takes a URL; here the client knows the host, and the path alone is asked for. */
export function checkPath(given: unknown): asserts given is string {
  if (typeof given === "string" && given.startsWith("/")) return;
  const what = typeof given === "string" ? JSON.stringify(given) : String(given);
  const not = given instanceof URL ? "a URL: give its pathname + search" : what;
  throw new SkeinError("invalid", `fetch: a path is text that begins with /, not ${not}`);
}

/** UTF-8; of half a character the sign for what is none, as in a URL. */
function encoded(character: string): string {
  return Buffer.from(character).toString("hex").toUpperCase().replace(/../g, "%$&");
}
