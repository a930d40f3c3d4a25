// One worker of the tail benchmark in a process of its own.
import type { AddressInfo } from "node:net";
import { systemClock } from "../../src/runtime/clock.ts";
import { seededRandom } from "../../src/runtime/random.ts";
import { join } from "../../src/worker/index.ts";
import type { Behaviour } from "../../test/sim/balance/behaviour.ts";
import { TailWorker } from "./tail-worker.ts";
import type { TailWorkerCommand, TailWorkerOrders, TailWorkerReport } from "./workers.ts";

let worker: TailWorker | undefined;

const nothing = new Int32Array(new SharedArrayBuffer(4));

/** Nothing runs in this process's main thread for `forMs` of each `everyMs`: no answer, no check, no read. */
function standStill({ forMs, everyMs }: { forMs: number; everyMs: number }, phaseMs: number): void {
  const startedAt = systemClock.now() + phaseMs;
  const next = (turn: number): void => {
    const dueMs = startedAt + turn * everyMs - systemClock.now();
    setTimeout(
      () => {
        Atomics.wait(nothing, 0, 0, forMs);
        next(turn + 1);
      },
      Math.max(0, dueMs),
    );
  };
  next(1);
}

async function begin({
  name,
  scenario,
  behaviour,
  seed,
  control,
  ledger,
}: TailWorkerOrders): Promise<number> {
  const chance = seededRandom(seed);
  worker = new TailWorker(name, scenario, speedOf(behaviour), chance, ledger);
  const { server } = worker;
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const joined = await join(server, "web", { id: name, control, waitMs: 20_000 });
  if (joined.state !== "joined") throw new Error(`${name} is ${joined.state}, not joined`);
  if (behaviour.kind === "stalls") standStill(behaviour, chance() * behaviour.everyMs);
  return (server.address() as AddressInfo).port;
}

function speedOf(behaviour: Behaviour): number {
  return behaviour.kind === "steady" ? behaviour.speed : 1;
}

function say(report: TailWorkerReport): void {
  process.send?.(report);
}

process.on("disconnect", () => process.exit(0));
process.on("message", (command: TailWorkerCommand) => {
  if (command.t === "in-flight") return say({ t: "in-flight", requests: worker?.inFlight ?? 0 });
  if (command.t === "ledger") return say({ t: "ledger", ids: worker?.takeLedger() ?? [] });
  begin(command.orders).then(
    (port) => say({ t: "ready", port }),
    (error: Error) => say({ t: "failed", detail: error.message }),
  );
});
