import { type Clock, systemClock, type Timer } from "../../runtime/clock.ts";
import { readGauges } from "./gauges.ts";
import { readProcess } from "./process-reading.ts";
import type { Recorder, Sample } from "./recorder.ts";
import type { SoakStage } from "./soak-stage.ts";
import { isOneOfMany } from "./verdict.ts";

const lookEveryMs = 2_000;

/** Looks at every process of a stage from time to time. Once is not enough to slow any of them down. */
export class Observer {
  readonly #stage: SoakStage;
  readonly #recorder: Recorder;
  readonly #clock: Clock;
  readonly #timer: Timer;
  #looking = false;

  constructor(stage: SoakStage, recorder: Recorder, clock: Clock = systemClock) {
    this.#stage = stage;
    this.#recorder = recorder;
    this.#clock = clock;
    this.#timer = clock.every(lookEveryMs, () => void this.#record());
  }

  close(): void {
    this.#timer.cancel();
  }

  async #record(): Promise<void> {
    // A gateway that is busy, or hit, answers late: then there is one look less.
    if (this.#looking) return;
    this.#looking = true;
    const seen = await look(this.#stage, this.#clock).catch(() => new Map<string, Seen>());
    for (const [name, { pid, ...sample }] of seen) this.#recorder.add(name, pid, sample);
    this.#looking = false;
  }
}

/** A sample, and of which process it is. */
export type Seen = Sample & { pid: number };

/** Every process of the gateway and every worker, by name; and the controllers together. */
export async function look(stage: SoakStage, clock: Clock = systemClock): Promise<Map<string, Seen>> {
  const [status, gauges] = await Promise.all([stage.gateway.status(), readGauges(stage.gateway.places)]);
  const processes: [name: string, pid: number][] = [
    ["supervisor", status.supervisor.pid],
    ...status.children.map((child): [string, number] => [child.name, child.pid]),
    ...stage.fleets.flatMap((fleet) => fleet.running()),
  ];
  const seen = new Map<string, Seen>();
  for (const [name, pid] of processes) {
    const reading = readProcess(pid);
    if (reading !== undefined) seen.set(name, { atMs: clock.now(), pid, ...reading, ...gauges.get(name) });
  }
  const controllers = [...seen].flatMap(([name, one]) => (isOneOfMany(name) ? [one] : []));
  if (controllers.length > 0) seen.set("controllers", controllers.reduce(together));
  return seen;
}

function together(one: Seen, other: Seen): Seen {
  return {
    atMs: one.atMs,
    // Another one when any of them is.
    pid: one.pid + other.pid,
    residentBytes: one.residentBytes + other.residentBytes,
    descriptors: one.descriptors + other.descriptors,
    sockets: one.sockets + other.sockets,
  };
}
