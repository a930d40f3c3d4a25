import assert from "node:assert/strict";
import { test } from "node:test";
import { checkCall } from "./call-options.ts";

const taken: [string, object][] = [
  ["nothing", {}],
  ["what a call knows", { method: "POST", body: "x", deadline: undefined }],
  [
    "what the global fetch knows and means nothing here",
    { duplex: "half", keepalive: true, redirect: "manual" },
  ],
  ["a Request, whose redirect is its default", new Request("http://localhost/")],
];

for (const [what, options] of taken) test(`taken: ${what}`, () => checkCall(options));

const refused: [string, object, RegExp][] = [
  [
    "a word that is misspelt",
    { timeoutMS: 5 },
    /^fetch: the option "timeoutMS" is unknown; did you mean "timeoutMs"\?$/,
  ],
  [
    "what the global fetch would do",
    { cache: "no-store" },
    /^fetch: the option "cache" is unknown; known are /,
  ],
  ["to follow redirects", { redirect: "follow" }, /^fetch: redirect must be 'manual' or left out/],
];

for (const [what, options, detail] of refused) {
  test(`refused: ${what}`, () => assert.throws(() => checkCall(options), { code: "invalid", detail }));
}
