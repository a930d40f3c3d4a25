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

/** UTF-8; of half a character the sign for what is none, as in a URL. */
function encoded(character: string): string {
  return Buffer.from(character).toString("hex").toUpperCase().replace(/../g, "%$&");
}
