import assert from "node:assert/strict";
import { test } from "node:test";
import { redirectToHttps } from "./redirect.ts";

const cases: [head: { host: string; path: string; query: string }, port: number, location: string][] = [
  [{ host: "a.test", path: "/", query: "" }, 443, "https://a.test/"],
  [{ host: "a.test", path: "/b/%20c", query: "?d=/e" }, 8443, "https://a.test:8443/b/%20c?d=/e"],
  [{ host: "[::1]", path: "//b", query: "" }, 443, "https://[::1]//b"],
  [{ host: "a.test", path: "*", query: "" }, 443, "https://a.test/"],
];

for (const [head, port, location] of cases) {
  test(`${head.host} ${head.path}${head.query} goes to ${location}`, () => {
    const answer = redirectToHttps(head, port, "r-1");
    assert.equal(answer.status, 308);
    assert.deepEqual(
      answer.fields.find(([name]) => name === "Location"),
      ["Location", location],
    );
  });
}
