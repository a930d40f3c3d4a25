import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { testingClock } from "../testing-clock.ts";
import { answerBody } from "./answer-body.ts";

test("who leaves while more waits than is read ahead hears nothing of the rest", async () => {
  const { signal } = new AbortController();
  const answer = new IncomingMessage(new Socket());
  const body = answerBody(answer, {
    clock: testingClock(),
    silenceMs: 1_000,
    until: 5_000,
    signal,
    name: "one",
  });
  for (let count = 0; count < 4; count += 1) answer.push(Buffer.alloc(64 * 1024));
  await once(answer, "pause");
  const closed = once(answer, "close");
  for await (const chunk of body) {
    assert.equal(chunk.byteLength, 64 * 1024);
    break;
  }
  await closed;
  assert.deepEqual(getEventListeners(signal, "abort"), []);
});
