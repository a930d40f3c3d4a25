import { readLedgers } from "../cluster/ledger.ts";
import { type Excuses, type Tally, tally } from "../drill/tally.ts";
import { Generator } from "../load/generator.ts";
import type { LoadReport } from "../load/record.ts";
import { Rough } from "./rough.ts";
import type { RoughCounts } from "./rough-clients.ts";
import type { SoakStage } from "./soak-stage.ts";

export interface SoakLoadOptions {
  /** Requests a second of the clients that behave. */
  perSecond: number;
  seed: number;
}

/** What became of everything that was sent. */
export interface LoadAccount {
  tally: Tally;
  load: LoadReport;
  rough: RoughCounts;
}

/** The clients that behave, and those that do not. */
export class SoakLoad {
  readonly #options: SoakLoadOptions;
  readonly #generator = new Generator();
  readonly #rough: Rough;
  readonly #name: string;
  readonly #port: number;
  #report: LoadReport | undefined;
  #counts: RoughCounts = {};

  constructor(stage: SoakStage, options: SoakLoadOptions, name: string) {
    this.#options = options;
    this.#name = name;
    this.#port = stage.listenPort;
    const { perSecond, seed } = options;
    const target = { host: "127.0.0.1", port: stage.listenPort };
    const { stalledClientMs: stalledMs } = stage.options;
    // One percent attacks; of the others as many as keep a few dozen connections open.
    const rough = { target, perSecond: perSecond / 15, attacksPerSecond: perSecond / 100, stalledMs };
    this.#rough = new Rough(rough, seed);
  }

  /** Runs until `during` is over and every client has gone. */
  async run(during: () => Promise<void>): Promise<void> {
    try {
      await this.#generator.start({
        target: { host: "127.0.0.1", port: this.#port },
        name: `${this.#name}-${process.pid}`,
        perSecond: this.#options.perSecond,
        postShare: 0.2,
        freshShare: 0.1,
        connections: 32,
        timeoutMs: 15_000,
      });
      await during();
      [this.#report, this.#counts] = await Promise.all([this.#generator.stop(), this.#rough.stop()]);
    } finally {
      this.#generator.close();
      this.#rough.close();
    }
  }

  account(stage: SoakStage, excuses: Excuses): LoadAccount {
    if (this.#report === undefined) throw new Error("soak: the load has not ended");
    const sum = tally(this.#generator.records, readLedgers(stage.ledgerDirectory), excuses);
    return { tally: sum, load: this.#report, rough: this.#counts };
  }
}
