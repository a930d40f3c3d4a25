import type { Clock, Timer } from "../../runtime/clock.ts";
import type { Random } from "../../runtime/random.ts";
import type { Target } from "../load/connection.ts";
import { type Ending, manners } from "./manners.ts";
import { RoughSocket } from "./rough-socket.ts";

/** Visits of one manner; `begun` are as many as all the others together. */
export interface MannerCount extends Record<Ending, number> {
  begun: number;
  open: number;
  /** Open for longer than any manner takes, and given up. */
  stuck: number;
}

export type RoughCounts = Record<string, MannerCount>;

export interface RoughOptions {
  target: Target;
  /** Visits a second, attacks not counted. */
  perSecond: number;
  attacksPerSecond: number;
  /** The gateway's time for clients that neither send nor read. */
  stalledMs: number;
}

/** No manner takes so long, and no visit may: whoever is still there then hangs. */
const longestMs = 60_000;

/** Clients that do not behave: they come at random times, whatever became of those before. */
export class RoughClients {
  readonly counts: RoughCounts = {};
  readonly #options: RoughOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #timers = new Set<Timer>();
  #stopped = false;
  #ended: (() => void) | undefined;

  constructor(options: RoughOptions, clock: Clock, random: Random) {
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    for (const name of Object.keys(manners)) {
      this.counts[name] = { begun: 0, open: 0, fine: 0, cut: 0, wrong: 0, stuck: 0 };
    }
  }

  start(): void {
    const others = Object.keys(manners).filter((name) => name !== "attacks");
    this.#come(this.#options.perSecond, () => others[Math.floor(this.#random() * others.length)] ?? "drips");
    this.#come(this.#options.attacksPerSecond, () => "attacks");
  }

  /** Nobody comes any more; resolves when everybody has gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    await new Promise<void>((resolve) => {
      this.#ended = resolve;
      this.#endIfEmpty();
    });
  }

  /** One after another, with random pauses of `1 / perSecond` in the mean. */
  #come(perSecond: number, choose: () => string): void {
    if (perSecond === 0) return;
    const pauseMs = (-Math.log(1 - this.#random()) * 1000) / perSecond;
    const timer = this.#clock.after(pauseMs, () => {
      this.#timers.delete(timer);
      if (this.#stopped) return;
      void this.#visit(choose());
      this.#come(perSecond, choose);
    });
    this.#timers.add(timer);
  }

  async #visit(name: string): Promise<void> {
    const count = this.counts[name];
    const manner = manners[name];
    if (count === undefined || manner === undefined) throw new Error(`soak: no manner is called ${name}`);
    count.begun += 1;
    count.open += 1;
    const me = new RoughSocket(this.#options.target, this.#random);
    const stuck = new Promise<"stuck">((resolve) => {
      const timer = this.#clock.after(longestMs, () => resolve("stuck"));
      void me.over().then(() => timer.cancel());
    });
    const ending = await Promise.race([manner(me, this.#options.stalledMs), stuck]);
    if (ending === "stuck") me.destroy();
    count.open -= 1;
    count[ending] += 1;
    this.#endIfEmpty();
  }

  #endIfEmpty(): void {
    if (Object.values(this.counts).every((count) => count.open === 0)) this.#ended?.();
  }
}
