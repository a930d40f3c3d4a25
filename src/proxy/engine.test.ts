import assert from "node:assert/strict";
import { test } from "node:test";
import { SendLater } from "./engine.ts";

test("what one of those that send late throws is told, and the others send", async () => {
  const failed: unknown[] = [];
  const later = new SendLater((error) => failed.push(error));
  const fault = new Error("a fault of ours");
  let sent = 0;
  const sends = { sendNow: () => void (sent += 1) };
  const throws = {
    sendNow() {
      // What is added meanwhile has a turn of its own.
      later.add(sends);
      throw fault;
    },
  };
  for (const one of [sends, throws, sends]) later.add(one);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([sent, failed], [2, [fault]]);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(sent, 3);
});
