import { readLedgers } from "../cluster/ledger.ts";
import { type Excuses, type Tally, tally } from "../drill/tally.ts";
import { Generator } from "../load/generator.ts";
import type { LoadReport, RequestRecord } from "../load/record.ts";
import { Rough } from "./rough.ts";
import type { MannerCount, RoughCounts } from "./rough-clients.ts";
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

  get records(): readonly RequestRecord[] {
    return this.#generator.records;
  }

  get report(): LoadReport {
    if (this.#report === undefined) throw new Error("soak: the load has not ended");
    return this.#report;
  }

  get rough(): RoughCounts {
    return this.#counts;
  }
}

/** Of loads that have ended, all together. */
export function accountOf(loads: readonly SoakLoad[], stage: SoakStage, excuses: Excuses): LoadAccount {
  const records = loads.flatMap((load) => load.records);
  return {
    tally: tally(records, readLedgers(stage.ledgerDirectory), excuses),
    load: loads.map(({ report }) => report).reduce(bothLoads),
    rough: loads.map(({ rough }) => rough).reduce(bothCrowds),
  };
}

function bothLoads(one: LoadReport, other: LoadReport): LoadReport {
  return {
    planned: one.planned + other.planned,
    sent: one.sent + other.sent,
    lateMsMax: Math.max(one.lateMsMax, other.lateMsMax),
    // Of all of them it is at most this.
    lateMsP99: Math.max(one.lateMsP99, other.lateMsP99),
    connectionsOpened: one.connectionsOpened + other.connectionsOpened,
  };
}

function bothCrowds(one: RoughCounts, other: RoughCounts): RoughCounts {
  const sum = (name: string, of: keyof MannerCount): number =>
    (one[name]?.[of] ?? 0) + (other[name]?.[of] ?? 0);
  const names = Object.keys({ ...one, ...other });
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        begun: sum(name, "begun"),
        open: sum(name, "open"),
        fine: sum(name, "fine"),
        cut: sum(name, "cut"),
        wrong: sum(name, "wrong"),
        stuck: sum(name, "stuck"),
      },
    ]),
  );
}
