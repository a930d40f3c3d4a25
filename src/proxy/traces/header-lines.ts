const name = /^[\w!#$%&'*+.^`|~-]+$/;
const value = /^[\t\u0020-\u007E\u0080-\u00FF]*$/;
/** What the message itself is made of. */
const ours = new Set([
  "host",
  "connection",
  "content-length",
  "content-type",
  "content-encoding",
  "transfer-encoding",
]);

/** Lines `Name: value`; empty ones and those that begin with `#` say nothing. An error names the line's number, never what is in it. */
export function parseHeaderLines(text: string): Record<string, string> {
  const found = text.split(/\r?\n/).flatMap((line, at): [string, string][] => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const colon = line.indexOf(":");
    const key = line.slice(0, Math.max(0, colon)).toLowerCase();
    const told = line.slice(colon + 1).trim();
    if (!name.test(key) || !value.test(told) || ours.has(key)) {
      throw new Error(`line ${at + 1} of the file of headers is no line 'Name: value' that may be sent`);
    }
    return [[key, told]];
  });
  return Object.fromEntries(found);
}
