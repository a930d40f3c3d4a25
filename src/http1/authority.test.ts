import assert from "node:assert/strict";
import { it } from "node:test";
import { readAuthority } from "./authority.ts";

it("reads what is a host, with or without a port", () => {
  const cases: [string, string, string][] = [
    ["a", "a", "a"],
    ["Example.COM:8080", "example.com", "example.com:8080"],
    ["example.com.", "example.com", "example.com."],
    ["127.0.0.1:1", "127.0.0.1", "127.0.0.1:1"],
    ["my_service-1.local", "my_service-1.local", "my_service-1.local"],
    ["[::1]:80", "[::1]", "[::1]:80"],
    ["[2001:DB8::1]", "[2001:db8::1]", "[2001:db8::1]"],
  ];
  for (const [text, host, authority] of cases)
    assert.deepEqual(readAuthority(text), { host, authority }, text);
});

it("refuses everything else", () => {
  const wrong = [
    "",
    ":80",
    "a:",
    "a:65536",
    "a:123456",
    "a:+1",
    "a:8 0",
    "a b",
    "a/b",
    "a@b",
    "a,b",
    "a..b",
    ".a",
    ".",
  ];
  const more = [
    "a\tb",
    "a%41",
    "ä",
    "[::1",
    "[]",
    "[a]",
    "[::g]",
    "[::1]80",
    "[::1]x:80",
    "::1",
    "a:1:2",
    "a?b",
    "a#b",
  ];
  for (const text of [...wrong, ...more, "a".repeat(256)]) assert.equal(readAuthority(text), undefined, text);
});
