import {
  type ElectionEffect,
  type ElectionEvent,
  type ElectionRules,
  electionRules,
  initialRole,
  type Role,
  rulesOverLease,
  type SeenLeadership,
  step,
  type Takeover,
  takeoverOf,
} from "../core/election.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import type { Lease, Silence, Store } from "../store/store.ts";

/** What the rest of a controller sees of the election. */
export type PublicRole =
  | { kind: "leader"; term: number }
  /** `leader`: the holder's instance, null while nobody holds the seat; `term` is the highest seen in the store. */
  | { kind: "standby"; leader: string | null; term: number };

export interface ElectionOptions {
  store: Pick<Store, "silence" | "read" | "acquire" | "beat" | "resign" | "watch">;
  clock: Clock;
  /** Of this life of this controller. */
  instance: string;
  /** The highest term that a peer, a proxy or a worker has told: a new term goes above it. */
  termFloor: () => number;
  /**
   * After every change of the public role. A leader that doubted itself for a moment (a pause, a failing store) is
   * told as standby and then as leader of the same term again.
   */
  onRole: (role: PublicRole) => void;
  /** The store failed, or (StoreCorrupt) must not be used: then the process has to end. */
  onError: (error: Error) => void;
  /** Default: those that fit the store. */
  rules?: ElectionRules;
}

function rulesFor(silence: Silence): ElectionRules {
  return silence.judge === "store" ? rulesOverLease(silence.leaseMs) : electionRules;
}

/**
 * The one loop that decides whether this controller leads: it feeds `core/election` with time, with what the store
 * shows and with what became of its own attempts, and does what the rules answer.
 */
export class Election {
  readonly #options: ElectionOptions;
  readonly #rules: ElectionRules;
  readonly #underWay = new Set<Promise<void>>();
  #role: Role;
  #told: PublicRole | undefined;
  #takeover: Takeover | undefined;
  #ticking: Timer | undefined;
  #unwatch: (() => void) | undefined;

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#rules = options.rules ?? rulesFor(options.store.silence);
    this.#role = initialRole(options.clock.now());
  }

  /**
   * Begins, after the store was opened. Looks at once, so that a free seat is taken at once; and again until it could. Nobody waits
   * for that: of a store that does not answer, a controller that stands by is none the less ready.
   */
  start(): void {
    const { store, clock } = this.#options;
    this.#unwatch = store.watch({
      changed: (state) => this.#feed({ kind: "seen", leadership: state.leadership }),
      failed: (error) => this.#options.onError(error),
    });
    this.#ticking = clock.every(this.#rules.tickMs, () => this.#feed({ kind: "tick" }));
    this.#feed({ kind: "tick" });
  }

  get role(): PublicRole {
    const lease = this.lease;
    if (lease !== undefined) return { kind: "leader", term: lease.term };
    const { seen } = this.#role;
    return { kind: "standby", leader: seen?.holder ?? null, term: seen?.term ?? 0 };
  }

  /**
   * What to write under, while this controller leads. Undefined as soon as the last beat is too old, even before
   * the loop has noticed (after a pause, other timers may run first).
   */
  get lease(): Lease | undefined {
    const role = this.#role;
    if (role.kind !== "leader") return undefined;
    const late = this.#options.clock.now() - role.beatAt > this.#rules.doubtAfterMs;
    return late ? undefined : { holder: this.#options.instance, term: role.term };
  }

  /** Why this controller took the seat when it last tried to; undefined: it never did. */
  get takeover(): Takeover | undefined {
    return this.#takeover;
  }

  /** The supervisor saw the process of this controller end. */
  holderExited(instance: string): void {
    this.#feed({ kind: "exited", instance });
  }

  /** The store refused a write of this term. */
  staleTerm(term: number): void {
    this.#feed({ kind: "stale", term });
  }

  /** Polite end: gives the leadership up, never takes it again. Resolves when the store knows (or cannot). */
  async resign(): Promise<void> {
    this.#ticking?.cancel();
    this.#unwatch?.();
    this.#feed({ kind: "resign" });
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #feed(event: ElectionEvent): void {
    const { clock, instance } = this.#options;
    const { role, effects } = step(this.#role, event, clock.now(), instance, this.#rules);
    this.#role = role;
    for (const effect of effects) this.#begin(effect);
    this.#tell();
  }

  #tell(): void {
    const now = this.role;
    const before = this.#told;
    const same =
      before?.kind === now.kind &&
      before.term === now.term &&
      (before.kind === "leader" || now.kind === "leader" || before.leader === now.leader);
    if (same) return;
    this.#told = now;
    this.#options.onRole(now);
  }

  #begin(effect: ElectionEffect): void {
    const work = this.#do(effect).finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  async #do(effect: ElectionEffect): Promise<void> {
    switch (effect.kind) {
      case "acquire":
        return this.#acquire(effect.seen);
      case "beat":
        return this.#beat(effect.term);
      case "resign":
        return this.#try(async () => {
          await this.#options.store.resign({ holder: this.#options.instance, term: effect.term });
        });
      case "read":
        return this.#read();
    }
  }

  async #acquire(seen: SeenLeadership): Promise<void> {
    const { store, clock, instance, termFloor } = this.#options;
    this.#takeover = takeoverOf(this.#role, seen);
    const startedAt = clock.now();
    const attempt = async (): Promise<void> => {
      const term = await store.acquire(instance, seen, termFloor());
      this.#feed(term === undefined ? { kind: "lost" } : { kind: "won", term, startedAt });
    };
    return this.#try(attempt, { kind: "acquire-failed" });
  }

  async #beat(term: number): Promise<void> {
    const { store, clock, instance } = this.#options;
    const startedAt = clock.now();
    const attempt = async (): Promise<void> => {
      const outcome = await store.beat({ holder: instance, term });
      this.#feed(outcome === "ok" ? { kind: "beat-ok", term, startedAt } : { kind: "stale", term });
    };
    return this.#try(attempt, { kind: "beat-failed", term });
  }

  async #read(): Promise<void> {
    const attempt = async (): Promise<void> => {
      const { leadership } = await this.#options.store.read();
      this.#feed({ kind: "seen", leadership });
    };
    return this.#try(attempt, { kind: "read-failed" });
  }

  async #try(attempt: () => Promise<void>, onFailure?: ElectionEvent): Promise<void> {
    try {
      await attempt();
    } catch (error) {
      if (onFailure !== undefined) this.#feed(onFailure);
      this.#options.onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
