import assert from "node:assert/strict";
import { test } from "node:test";
import { requestedPort, withEphemeralPort } from "./listen-arguments.ts";

const done = (): void => undefined;

for (const [args, port, replaced] of [
  [[8080], 8080, [0]],
  [["8080", "127.0.0.1", done], 8080, [0, "127.0.0.1", done]],
  [[{ port: 8080, host: "::" }, done], 8080, [{ port: 0, host: "::" }, done]],
  [[{ port: "8080" }], 8080, [{ port: 0 }]],
  [[0], 0, [0]],
] as const) {
  test(`a fixed port is found and replaced: ${JSON.stringify(args)}`, () => {
    assert.equal(requestedPort([...args]), port);
    assert.deepEqual(withEphemeralPort([...args]), replaced);
  });
}

for (const args of [
  [],
  [done],
  ["/run/app.sock"],
  [{ path: "/run/app.sock", port: 1 }],
  [{ fd: 3 }],
  [null, done],
]) {
  test(`not a TCP port: ${JSON.stringify(args)}`, () => {
    assert.equal(requestedPort(args), undefined);
  });
}
