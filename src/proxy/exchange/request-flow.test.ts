import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualProcess, VirtualTime } from "../../testing/virtual-time.ts";
import { TimerWheel } from "../timer-wheel.ts";
import { Account } from "./account.ts";
import { RequestFlow } from "./request-flow.ts";
import type { WorkerSide } from "./sides.ts";

const stalledMs = 1_000;

function flowing() {
  const time = new VirtualTime();
  const wheel = new TimerWheel(new VirtualProcess(time).clock, 20);
  const said: string[] = [];
  const account = new Account();
  const owner = {
    pauseRequest: () => void said.push("pause"),
    resumeRequest: () => void said.push("resume"),
    workerNotReading: () => void said.push("not reading"),
  };
  const flow = new RequestFlow(owner, wheel, account);
  flow.begin(stalledMs);
  return { time, wheel, said, account, flow };
}

/** Has room, or not. */
const side = (room: boolean): WorkerSide => ({ flush: () => room }) as unknown as WorkerSide;

test("a client is held up once while its worker is full, and goes on once", () => {
  const { flow, said } = flowing();
  flow.turnOver(side(true));
  flow.turnOver(undefined);
  assert.deepEqual(said, []);
  flow.turnOver(side(false));
  flow.holdUp();
  flow.goOn();
  flow.goOn();
  assert.deepEqual(said, ["pause", "resume"]);
});

test("within the client's turn nothing is flushed: its end does that", () => {
  const { flow, said } = flowing();
  flow.goOnTo(side(false));
  assert.deepEqual(said, []);
  flow.turnOver(undefined);
  flow.goOnTo(side(false));
  assert.deepEqual(said, ["pause"]);
});

test("a worker that has answered in part must read, or go on speaking", async () => {
  const { flow, said, account, time, wheel } = flowing();
  flow.holdUp();
  await time.run(2 * stalledMs);
  flow.answered(wheel.now);
  await time.run(stalledMs / 2);
  account.bytesOut += 1;
  await time.run(stalledMs);
  assert.deepEqual(said, ["pause"], "it spoke");
  flow.goOn();
  await time.run(2 * stalledMs);
  flow.holdUp();
  await time.run(2 * stalledMs);
  assert.deepEqual(said, ["pause", "resume", "pause", "not reading"]);
});
