import { statSync } from "node:fs";
import type { DemoBreak, DemoFault, DemoOutcome, DemoReply } from "../../protocol/demo.ts";
import { SkeinError } from "../../protocol/error.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import { readLedgers } from "../cluster/ledger.ts";
import type { Stage } from "../cluster/stage.ts";
import { type FaultTimes, playFault } from "../drill/fault.ts";
import { readPicks } from "../drill/picks.ts";
import { complaintsOf } from "../drill/row-runner.ts";
import type { Row } from "../drill/rows.ts";
import { Scene } from "../drill/scene.ts";
import { type Tally, tally } from "../drill/tally.ts";
import { Generator } from "../load/generator.ts";
import type { RequestRecord } from "../load/record.ts";
import { type Deferred, deferred, eventually } from "../wait.ts";
import { breakable, rowOf } from "./breakable.ts";
import { choiceOf } from "./choice.ts";
import { clientsNow, clientsOf, recordsDuring, waitingSince } from "./clients.ts";

const requestsPerSecond = 40;
/** The clients' patience with one request. */
const timeoutMs = 15_000;
const recordsKept = 20_000;
const outcomesKept = 20;
/** Shorter than the clients' patience: what waits for a frozen worker gets its answer when it goes on. */
const holdMs = 8_000;
/** Longer than a proxy holds the lines of its log. */
const logHeldMs = 1_000;

/** What a fault came to, with the whole account of the drill. */
export interface Played {
  outcome: DemoOutcome;
  title: string;
  tally: Tally;
  times: FaultTimes;
}

interface Playing {
  readonly outcome: DemoOutcome;
  readonly scene: Scene;
  readonly beganAt: number;
  readonly logBytes: number;
  readonly heal: Deferred<void>;
  healAt: number;
}

/**
 * Breaks one thing at a time in the cluster of the demo, under a gentle open-loop load of its own, and keeps what came of it.
 * It harms only processes of its own stage.
 *
 *   idle --break--> playing (outcome: holds, mends) --over--> idle
 */
export class Desk {
  readonly #stage: Stage;
  readonly #clock: Clock = systemClock;
  readonly #generator = new Generator();
  readonly #onPlayed = new Set<(played: Played) => void>();
  readonly #outcomes: DemoOutcome[] = [];
  #playing: Playing | undefined;
  #number = 0;
  #nextVictim = 0;
  #closed = false;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async open(): Promise<void> {
    await this.#generator.start({
      target: { host: "127.0.0.1", port: this.#stage.listenPort },
      name: `demo-${process.pid}`,
      perSecond: requestsPerSecond,
      postShare: 0.2,
      freshShare: 0.1,
      connections: 8,
      timeoutMs,
    });
  }

  close(): void {
    this.#closed = true;
    this.#generator.close();
  }

  /** Called when a fault is over, whoever asked for it. */
  onPlayed(listener: (played: Played) => void): void {
    this.#onPlayed.add(listener);
  }

  get busy(): boolean {
    return this.#playing !== undefined;
  }

  /** Records of requests that ended since then. */
  recent(since: number): RequestRecord[] {
    const { records } = this.#generator;
    if (!this.busy && records.length > recordsKept) records.splice(0, records.length - recordsKept);
    return records.slice(-200).filter((record) => record.endedAt >= since);
  }

  get reply(): DemoReply {
    const now = this.#playing === undefined ? [] : [this.#outcomeNow(this.#playing)];
    return {
      v: 1,
      requestsPerSecond,
      faults: [...breakable],
      workers: this.#stage.fleet.ids,
      outcomes: [...now, ...this.#outcomes],
    };
  }

  /** What a person chose. Throws SkeinError where it cannot be done. */
  break({ fault: name, worker }: DemoBreak): DemoOutcome {
    const fault = breakable.find((one) => one.name === name);
    if (fault === undefined) {
      throw new SkeinError(
        "invalid",
        `fault: must be one of ${breakable.map((one) => one.name).join(", ")}.`,
      );
    }
    const place = this.#stage.fleet.ids.indexOf(worker ?? "");
    if (fault.on === "worker" && place === -1) {
      throw new SkeinError("invalid", `worker: must be one of ${this.#stage.fleet.ids.join(", ")}.`);
    }
    const row = rowOf(fault);
    // What nothing undoes holds for as long as the drill has it.
    const held = row.heal === undefined ? row : { ...row, holdMs };
    return this.#begin(held, fault.on === "worker" ? place : undefined, fault);
  }

  /** A row of the drill as it is, at the next worker in turn. False: another fault is not over yet. */
  playRow(row: Row): boolean {
    if (this.busy) return false;
    const victim = this.#nextVictim;
    this.#nextVictim = (victim + 1) % this.#stage.fleet.size;
    this.#begin(row, victim, undefined);
    return true;
  }

  /** Undoes what holds, before its time. Throws SkeinError where nothing does. */
  heal(): void {
    if (this.#playing?.outcome.stage !== "holds") {
      throw new SkeinError("invalid", "Nothing is broken at this moment that could be undone.");
    }
    this.#playing.heal.resolve();
  }

  #begin(row: Row, place: number | undefined, fault: DemoFault | undefined): DemoOutcome {
    if (this.busy) throw new SkeinError("invalid", "One thing at a time: the last fault is not over yet.");
    const scene = new Scene(this.#stage, place ?? 0);
    const beganAt = this.#clock.now();
    this.#number += 1;
    const hit = place === undefined ? {} : { worker: this.#stage.fleet.idOf(place) };
    const outcome: DemoOutcome = {
      number: this.#number,
      fault: fault?.name ?? row.name,
      ...hit,
      at: new Date().toISOString(),
      stage: "holds",
      clients: clientsNow([], scene.excuses, beganAt),
      complaints: [],
    };
    const playing: Playing = {
      outcome,
      scene,
      beganAt,
      logBytes: bytesOf(this.#stage.accessLog),
      heal: deferred(),
      healAt: beganAt + row.holdMs,
    };
    this.#playing = playing;
    void this.#play(row, playing).catch((error: unknown) => {
      // Who quits in the middle of a fault takes away what it would be measured by.
      if (this.#closed) return;
      outcome.complaints.push(String(error));
      this.#end(playing);
    });
    return outcome;
  }

  async #play(row: Row, playing: Playing): Promise<void> {
    const { outcome, scene, beganAt } = playing;
    const { times, complaints } = await playFault(scene, row, {
      tailMs: 2_500,
      recoverWithinMs: 20_000,
      healNow: playing.heal.promise,
      onNoticed: (detectMs) => (outcome.noticedMs = detectMs),
      onHeal: () => {
        outcome.stage = "mends";
        playing.healAt = this.#clock.now();
      },
    });
    const until = this.#clock.now();
    const during = (): RequestRecord[] => recordsDuring(this.#generator.records, beganAt, until);
    // What was sent during the fault gets its answer, or the clients' patience ends.
    await eventually(
      () => (this.#passed(until) && waitingSince(during(), beganAt) === 0 ? true : undefined),
      {
        withinMs: timeoutMs + 2_000,
        everyMs: 100,
      },
    );
    const sum = tally(during(), readLedgers(this.#stage.ledgerDirectory), scene.excuses);
    outcome.clients = {
      ...clientsOf(sum, waitingSince(during(), beganAt)),
      executedTwice: sum.doubled.length,
    };
    outcome.complaints = [...complaints, ...complaintsOf(sum, row)];
    const choice = await this.#choiceOf(playing, until);
    if (choice !== undefined) outcome.choice = choice;
    if (times.recoverMs !== undefined) outcome.wholeMs = times.recoverMs;
    this.#end(playing);
    for (const listener of this.#onPlayed) listener({ outcome, title: row.title, tally: sum, times });
  }

  #end({ outcome }: Playing): void {
    outcome.stage = "over";
    this.#outcomes.unshift(outcome);
    this.#outcomes.splice(outcomesKept);
    this.#playing = undefined;
  }

  /** Another request was sent after that, and ended: those before it are known of. */
  #passed(until: number): boolean {
    return (this.#generator.records.at(-1)?.scheduledAt ?? 0) > until;
  }

  async #choiceOf(
    { outcome, scene, logBytes, healAt }: Playing,
    until: number,
  ): Promise<DemoOutcome["choice"]> {
    const { struckAt } = scene;
    if (outcome.worker === undefined || struckAt === undefined) return undefined;
    await eventually(() => (this.#clock.now() > until + logHeldMs ? true : undefined), {
      withinMs: 2 * logHeldMs,
    });
    const picks = readPicks(this.#stage.accessLog, logBytes);
    return choiceOf(picks, outcome.worker, struckAt, healAt);
  }

  #outcomeNow({ outcome, scene, beganAt, healAt }: Playing): DemoOutcome {
    const during = recordsDuring(this.#generator.records, beganAt);
    const left = outcome.stage === "holds" ? { holdsForMs: Math.max(0, healAt - this.#clock.now()) } : {};
    return { ...outcome, ...left, clients: clientsNow(during, scene.excuses, beganAt) };
  }
}

function bytesOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
