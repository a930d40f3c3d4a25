import { rssBytesOf } from "../machine/proc.ts";
import { isNear } from "../suite/peer-names.ts";
import type { Step } from "../suite/plan.ts";
import { failureLine, progressLine } from "../suite/progress.ts";
import type { Failure, Measurement, Results } from "../suite/results.ts";
import { type Instruments, measure } from "./measure.ts";
import { settle } from "./settle.ts";
import type { Staged } from "./stage.ts";

/** A peer that failed so often in a case is not asked again there. */
const failuresMax = 2;

/** Those that nobody expects to come near take as long only where it is the point. */
function settles({ of, peer, loop }: Step): boolean {
  return loop === "closed" && (isNear(peer) || of.headline === true);
}

/** Takes one step after the other, and writes down what came of it. */
export class StepTaker {
  /** Memory of each peer before the first connection of a case was opened, by case and peer. */
  readonly #bases = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #staged: Staged;
  readonly #instruments: Instruments;
  readonly #results: Results;
  readonly #say: (line: string) => void;

  constructor(staged: Staged, instruments: Instruments, results: Results, say: (line: string) => void) {
    this.#staged = staged;
    this.#instruments = instruments;
    this.#results = results;
    this.#say = say;
  }

  async take(step: Step): Promise<void> {
    const running = this.#staged.runningFor(step.of.setup, step.peer);
    const key = `${step.of.name}/${step.peer}`;
    const failures = this.#failures.get(key) ?? 0;
    if (running === undefined || failures >= failuresMax) return;
    const base = this.#bases.get(key) ?? rssBytesOf(running.proxyPids);
    this.#bases.set(key, base);
    try {
      const load = (): Promise<Measurement> => measure(step, running, this.#instruments, base);
      if (step.round === 0) {
        await (settles(step) ? settle(load) : load());
        return;
      }
      const measurement = await load();
      this.#results.measurements.push(measurement);
      this.#say(progressLine(measurement));
    } catch (error) {
      this.#failures.set(key, failures + 1);
      const { of, peer, round } = step;
      const failure: Failure = { case: of.name, peer, round, detail: (error as Error).message };
      this.#results.failures.push(failure);
      this.#say(failureLine(failure));
      await this.#instruments.generator.close();
    }
  }
}
