import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { placesIn } from "./places.ts";

test("a gateway is found whatever TMPDIR says, also where its path is too long for sockets", (context) => {
  const before = process.env["TMPDIR"];
  context.after(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  });
  const state = join("/srv", "long".repeat(25), "state");
  const found = ["/here", "/elsewhere"].map((directory) => {
    process.env["TMPDIR"] = directory;
    const { supervisorSocket, supervisorLock } = placesIn(state);
    return { supervisorSocket, supervisorLock };
  });
  assert.deepEqual(found[0], found[1]);
  assert.ok(found[0]!.supervisorSocket.length < 107);
  assert.ok(dirname(found[0]!.supervisorLock).startsWith(state), "it says who may act there");
});
