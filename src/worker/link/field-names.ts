/**
 * Names of fields that most requests have, as clients, the gateway and HTTP/2 write them. One string for all requests:
 * Node compares names with those that it knows, which for a string that is the same object costs nothing; and a service
 * that keeps a name keeps no head with it.
 */
const usual = [
  "Host",
  "User-Agent",
  "Accept",
  "Accept-Encoding",
  "Accept-Language",
  "Accept-Charset",
  "Authorization",
  "Cache-Control",
  "Content-Length",
  "Content-Type",
  "Cookie",
  "DNT",
  "Forwarded",
  "If-Modified-Since",
  "If-None-Match",
  "Origin",
  "Pragma",
  "Priority",
  "Range",
  "Referer",
  "Sec-Fetch-Dest",
  "Sec-Fetch-Mode",
  "Sec-Fetch-Site",
  "Sec-Fetch-User",
  "Traceparent",
  "Tracestate",
  "Transfer-Encoding",
  "Upgrade-Insecure-Requests",
  "Via",
  "X-Forwarded-For",
  "X-Forwarded-Host",
  "X-Forwarded-Proto",
  "X-Request-Id",
  "X-Requested-With",
];

const lettersBits = 6;
const lengthMax = 31;
const slots: string[][] = Array.from({ length: (lengthMax + 1) << lettersBits }, () => []);

for (const name of [...usual, ...usual.map((one) => one.toLowerCase())]) {
  slots[slotOf(name, 0, name.length)]?.push(name);
}

/** By its length, and two of its letters. */
function slotOf(text: string, from: number, to: number): number {
  const letters = text.charCodeAt(from) * 5 + text.charCodeAt(to - 1) + text.charCodeAt((from + to) >> 1);
  return ((to - from) << lettersBits) | (letters & ((1 << lettersBits) - 1));
}

/** `text.slice(from, to)`, not empty. */
export function fieldName(text: string, from: number, to: number): string {
  if (to - from > lengthMax) return text.slice(from, to);
  for (const name of slots[slotOf(text, from, to)]!) {
    if (text.startsWith(name, from)) return name;
  }
  return text.slice(from, to);
}
