import { type Clock, systemClock } from "../../runtime/clock.ts";
import type { Random } from "../../runtime/random.ts";
import type { Excuses } from "../drill/tally.ts";
import { pause } from "../wait.ts";
import { faults, pickFault, placeFor, type SoakFault } from "./faults.ts";
import type { SoakStage } from "./soak-stage.ts";

export interface FaultPlayerParts {
  stage: SoakStage;
  random: Random;
  excuses: Excuses;
  progress: (line: string) => void;
}

const wholeWithinMs = 60_000;

/** One fault after the other, each healed and the cluster whole before the next. */
export class FaultPlayer {
  readonly played = new Map<string, number>();
  readonly complaints: string[] = [];
  readonly #parts: FaultPlayerParts;
  readonly #clock: Clock = systemClock;
  readonly #lastAt = new Map<string, number>();
  readonly #beganMs = this.#clock.now();

  constructor(parts: FaultPlayerParts) {
    this.#parts = parts;
  }

  async play(untilMs: number): Promise<void> {
    const { random } = this.#parts;
    for (;;) {
      await pause(1_000 + random() * 4_000);
      const now = this.#clock.now();
      if (now >= untilMs) return;
      const fault = pickFault(faults, this.#lastAt, now, random);
      this.#lastAt.set(fault.name, now);
      this.played.set(fault.name, (this.played.get(fault.name) ?? 0) + 1);
      await this.#playOne(fault, now - this.#beganMs);
    }
  }

  async #playOne(fault: SoakFault, sinceMs: number): Promise<void> {
    const { stage, random, excuses, progress } = this.#parts;
    const fleet = random() < 0.5 ? stage.joined : stage.plain;
    const place = placeFor(fault, fleet.size, random);
    const victim = fault.hitsWorker ? ` (${fleet.kind} ${place + 1})` : "";
    progress(`${clockText(sinceMs)}  ${fault.name}${victim}`);
    try {
      await fault.play({ stage, random, clock: this.#clock, excuses, fleet, place });
    } catch (error) {
      this.complaints.push(`${fault.name}: ${String(error)}`);
    }
    if ((await stage.whole(wholeWithinMs)) !== undefined) return;
    this.complaints.push(`not whole ${wholeWithinMs / 1000} s after ${fault.name}`);
  }
}

/** `1:05`. */
function clockText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
