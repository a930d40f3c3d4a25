import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerUrl, parseControllerUrl, sessionUrl } from "./controller-url.ts";

for (const [text, url] of [
  ["127.0.0.1:7600", "http://127.0.0.1:7600"],
  [":7600", "http://127.0.0.1:7600"],
  [" http://gateway:7600/ ", "http://gateway:7600"],
  ["gateway:7600", "https://gateway:7600"],
  ["10.0.0.5:7600", "https://10.0.0.5:7600"],
  ["0.0.0.0:7600", "http://0.0.0.0:7600"],
  ["localhost:7600", "http://localhost:7600"],
  ["https://gateway.example", "https://gateway.example"],
  ["[::1]:7600", "http://[::1]:7600"],
  ["127.0.0.1:7600/", "http://127.0.0.1:7600"],
  [":7600/", "http://127.0.0.1:7600"],
  ["10.0.0.5:7600/", "https://10.0.0.5:7600"],
  ["gateway:7600/", "https://gateway:7600"],
  ["10.0.0.5", "https://10.0.0.5:7600"],
  ["gateway/", "https://gateway:7600"],
  ["127.0.0.1", "http://127.0.0.1:7600"],
  ["localhost", "http://localhost:7600"],
  ["[::1]", "http://[::1]:7600"],
  ["127.0.0.1:80", "http://127.0.0.1"],
  ["10.0.0.5:", "https://10.0.0.5"],
  ["//10.0.0.5:7600", "https://10.0.0.5:7600"],
  ["10.0.0.5:7600#", "https://10.0.0.5:7600"],
  ["10.0.0.5:7600?", "https://10.0.0.5:7600"],
] as const) {
  test(`${text} -> ${url}`, () => assert.equal(controllerUrl(text), url));
}

for (const junk of [
  "",
  "ftp://x:1",
  "http://user:secret@h:1",
  "http://h:1/path",
  "http://h:1/?q",
  "h:99999",
  7,
  null,
]) {
  test(`not the address of a controller: ${JSON.stringify(junk)}`, () => {
    assert.equal(parseControllerUrl(junk), undefined);
  });
}

test("the session of a controller behind TLS is opened with TLS", () => {
  assert.equal(sessionUrl("https://gateway.example"), "wss://gateway.example/v1/session");
  assert.equal(sessionUrl("http://127.0.0.1:7600"), "ws://127.0.0.1:7600/v1/session");
});
