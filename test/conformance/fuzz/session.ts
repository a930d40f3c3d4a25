import type { Random } from "../../../src/runtime/random.ts";
import { type Trial, trials } from "./inputs.ts";
import { judge } from "./judge.ts";

const batch = 100;

export interface Difference {
  trial: Trial;
  what: string;
}

/** Trials one batch after the other, and what came of all of them. The same for the same `random`. */
export class FuzzSession {
  inputs = 0;
  /** Had a message that ours takes; had something that ours refuses. */
  accepted = 0;
  refused = 0;
  /** How often llhttp took what ours refused, by what ours said. */
  readonly stricter = new Map<string, number>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  async next(): Promise<Difference[]> {
    const tried = trials(this.#random, batch);
    const judged = await Promise.all(tried.map(async ({ input, care }) => judge(input, care)));
    const differences: Difference[] = [];
    for (const [index, { ours, verdict }] of judged.entries()) {
      const trial = tried[index]!;
      this.inputs += 1;
      if (ours.messages.length > 0) this.accepted += 1;
      if (ours.failure !== undefined) this.refused += 1;
      if (verdict.kind === "difference") differences.push({ trial, what: verdict.what });
      if (verdict.kind === "stricter") this.#count(`${trial.input.kind}: ${verdict.detail}`);
    }
    return differences;
  }

  #count(choice: string): void {
    this.stricter.set(choice, (this.stricter.get(choice) ?? 0) + 1);
  }
}
