import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualProcess, VirtualTime } from "../../testing/virtual-time.ts";
import { askedToEnd } from "./asked-to-end.ts";

test("a second signal does not wait for the instances; one that comes at once is the first's echo", async (t) => {
  t.after(() => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(name);
  });
  const time = new VirtualTime();
  const exits: number[] = [];
  const asked = askedToEnd(new VirtualProcess(time).clock, (code) => void exits.push(code));
  process.emit("SIGTERM");
  await asked;
  await time.run(499);
  process.emit("SIGTERM");
  assert.deepEqual(exits, []);
  process.emit("SIGINT");
  await time.run(1);
  process.emit("SIGTERM");
  assert.deepEqual(exits, [130, 143]);
});
