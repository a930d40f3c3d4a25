import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { ControlClient } from "./control-client.ts";
import { openTestingControl } from "./testing-control.ts";
import { unanswered } from "./unanswered.ts";

test("a write that arrived and got no answer may be done: nobody is told that no controller is there", async (t) => {
  const control = await openTestingControl(() => (response: ServerResponse) => void response.destroy());
  t.after(() => control.close());
  const client = new ControlClient({ control: control.address });
  const lost = {
    code: "outcome-unknown",
    exitCode: 1,
    message: /may be done or not, and may still be done.\nLook first/,
  };
  await assert.rejects(client.change("/v1/workers/a/drain"), lost);
  await assert.rejects(client.remove("/v1/workers/a"), lost);
  await assert.rejects(client.get("/v1/workers"), /no controller answers at/);
});

test("a write that was never sent was not done", async () => {
  const control = await openTestingControl(() => undefined);
  control.close();
  const client = new ControlClient({ control: control.address });
  await assert.rejects(client.change("/v1/workers/a/drain"), /no controller answers at .*ECONNREFUSED/);
  const forbidden = new ControlClient({ control: "127.0.0.1:9" });
  await assert.rejects(forbidden.change("/v1/workers/a/drain"), /no controller answers at .*bad port/);
});

test("a write to an https:// address where no TLS is spoken was not done, and that is told", async (t) => {
  const control = await openTestingControl(() => undefined);
  t.after(() => control.close());
  const client = new ControlClient({ control: `https://${control.address}` });
  const told = /answers, but does not speak TLS as a controller does/;
  await assert.rejects(client.change("/v1/workers/a/drain"), told);
  await assert.rejects(client.remove("/v1/workers/a"), told);
  assert.deepEqual(control.asked, []);
});

for (const code of ["INVALID_CA", "INVALID_PURPOSE", "DEPTH_ZERO_SELF_SIGNED_CERT"])
  test(`a write to whom nobody trusts (${code}) was not done`, () => {
    const error = Object.assign(new Error(), { code });
    assert.match(unanswered("POST", "https://gateway:7600", error, 1_000).message, /is not trusted/);
  });

test("an answer of which only the head came is none", async (t) => {
  const control = await openTestingControl(() => (response: ServerResponse) => {
    response.writeHead(200, { "content-length": "10" });
    response.write("{");
    setImmediate(() => response.destroy());
  });
  t.after(() => control.close());
  const client = new ControlClient({ control: control.address });
  await assert.rejects(client.change("/v1/workers/a/drain"), { code: "outcome-unknown" });
});
