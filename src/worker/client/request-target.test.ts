import assert from "node:assert/strict";
import { test } from "node:test";
import { requestTarget } from "./request-target.ts";

const cases: [string, string][] = [
  ["/", "/"],
  ["/a b", "/a%20b"],
  ["/é/日?q=é 𝒳", "/%C3%A9/%E6%97%A5?q=%C3%A9%20%F0%9D%92%B3"],
  ["/half\ud800?\udc00", "/half%EF%BF%BD?%EF%BF%BD"],
  ["/a%20b%2f%c3%a9?x=%27+1", "/a%20b%2f%c3%a9?x=%27+1"],
  ["/100%", "/100%"],
  ["/x#part", "/x"],
  ["/x?q=1#part?b", "/x?q=1"],
  ["/x#part?q=1", "/x"],
  ["/x?", "/x?"],
  ["/a/../b/./c", "/a/../b/./c"],
  ["//other.example.com/x", "//other.example.com/x"],
  ["/\\other.example.com", "/%5Cother.example.com"],
  ["/a\r\nx: 1", "/a%0D%0Ax:%201"],
];

for (const [given, expected] of cases)
  test(JSON.stringify(given), () => assert.equal(requestTarget(given), expected));

test("every other character is written as a URL writes it", () => {
  // Of `^` URLs have changed their mind; a URL takes tabs and line breaks away.
  const others = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(
    (character) => !/[\t\n\r/\\.?#^]/.test(character),
  );
  for (const character of others) {
    const given = `/a${character}b?c${character}d`;
    const { pathname, search } = new URL(given, "http://a");
    assert.equal(requestTarget(given), pathname + search);
  }
});
