import assert from "node:assert/strict";
import { test } from "node:test";
import { ControlClient } from "./control-client.ts";

for (const [control, url] of [
  [":7600", "http://127.0.0.1:7600"],
  ["0.0.0.0:7600/", "http://127.0.0.1:7600"],
  ["[::]:7600", "http://[::1]:7600"],
  ["10.0.0.5:7600/", "https://10.0.0.5:7600"],
] as const) {
  test(`--control ${control} asks ${url}`, () => assert.equal(new ControlClient({ control }).url, url));
}

for (const control of ["10.0.0.5:7600/dashboard/", "http://127.0.0.1:7600/x", "a:7600,b:7600"]) {
  test(`--control ${control} is refused: no guess is made of where the token goes`, () => {
    const refusal = { exitCode: 2, message: /is no address of a control API; write 127\.0\.0\.1:7600/ };
    assert.throws(() => new ControlClient({ control }), refusal);
  });
}
