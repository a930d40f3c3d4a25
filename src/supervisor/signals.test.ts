import assert from "node:assert/strict";
import { test } from "node:test";
import { Signals } from "./signals.ts";

test("a signal that comes before anybody can act on it is kept, in its order", (context) => {
  const names = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
  context.after(() => {
    for (const name of names) process.removeAllListeners(name);
  });
  const signals = new Signals();
  process.emit("SIGHUP");
  process.emit("SIGTERM");
  const done: string[] = [];
  signals.leadTo({ stop: () => done.push("stop"), reload: () => done.push("reload") });
  assert.deepEqual(done, ["reload", "stop"]);
  process.emit("SIGINT");
  assert.deepEqual(done, ["reload", "stop", "stop"]);
});
