import assert from "node:assert/strict";
import { test } from "node:test";
import { newWorker } from "../core/registry/create.ts";
import { connectGate, registration } from "../core/registry/testing-worker.ts";
import type { Worker } from "../core/registry/worker.ts";
import { VirtualProcess, VirtualTime } from "../testing/virtual-time.ts";
import type { Entry } from "./entry.ts";
import { LeaseClock } from "./lease-clock.ts";

for (const [what, stays, most] of [
  ["is forgotten", false, 1],
  ["stays", true, Infinity],
] as const) {
  test(`a worker that ${what} when time has changed it is asked about ${stays ? "again" : "no more"}`, async () => {
    const time = new VirtualTime();
    const { clock } = new VirtualProcess(time);
    const joined = newWorker(registration, "joined", connectGate, time.nowMs, undefined);
    const worker: Worker = { ...joined, left: true, state: { kind: "left" } };
    const entry = { worker, tickAt: Number.POSITIVE_INFINITY } as Entry;
    let asked = 0;
    const leases = new LeaseClock({
      clock,
      due: () => {
        asked += 1;
        return stays;
      },
      ticked: () => {},
    });
    leases.start();
    leases.schedule(entry);
    await time.run(200_000);
    assert.ok(asked >= 1 && asked <= most, `${asked} times`);
    assert.ok(!stays || asked > 10, `${asked} times`);
  });
}
