import type { TrafficConfiguration } from "../protocol/configuration.ts";
import { SkeinError } from "../protocol/error.ts";
import type { ClusterEvent } from "../protocol/events.ts";
import type { AddedSecret, StoredToken } from "../protocol/join-token.ts";
import type { Presence } from "../protocol/presence.ts";
import { problems } from "../protocol/problem.ts";

/**
 * The port to what the controllers must agree on: the configuration, the operators' overrides, the events, and who
 * leads. Drivers: `memory` (handles within one process) and `sqlite` (processes of one host).
 *
 * Invariants, held by the contract suite for every driver:
 * - The term only grows. Exactly one `acquire` wins per term.
 * - Every write is one transaction that first compares the lease (holder and term). A lease that is no longer the
 *   store's changes nothing and is told `stale-term`: two processes may believe that they lead, one has effect.
 * - A read is one consistent state. What did not change since the last read of this handle is the same object.
 *
 * Every method may reject with SkeinError `storeFailed` (nothing was changed: try again later, or see its text), a write or a
 * decision also with `outcomeUnknown` (it may have been done: look before it is repeated), or with StoreCorrupt (this file
 * must not be used: leave the process with `exitCodes.storeCorrupt`).
 */
export interface Store {
  readonly silence: Silence;
  readonly condition: StoreCondition;
  /** Where it is, for people. */
  readonly place: string;
  /** Undefined: only the controllers of one gateway have this store. */
  readonly presence: PresenceBoard | undefined;
  /** Opens, makes what is missing, and checks the whole. To be called once, before everything else. */
  open(): Promise<void>;
  /** What this handle was last told, without asking. Undefined: nothing yet. Whoever cannot read goes on with it. */
  readonly lastKnown: StoreState | undefined;
  read(): Promise<StoreState>;
  /**
   * Takes the leadership if it still is as `seen` (as read: its term and beat), else does nothing. The new term is
   * above that of `seen` and above `termFloor` (the highest term that anybody told us). Undefined: lost the race.
   * Over a holder only when the `silence` of this store allows it.
   */
  acquire(holder: string, seen: LeadershipMark, termFloor: number): Promise<number | undefined>;
  /** Says "I still lead". */
  beat(lease: Lease): Promise<WriteOutcome>;
  /** Gives the leadership up: the next `acquire` may follow at once. */
  resign(lease: Lease): Promise<WriteOutcome>;
  /** All changes or none. */
  write(lease: Lease, changes: readonly StoreChange[]): Promise<WriteOutcome>;
  /** Events with an id above `afterId`, oldest first. Only the newest `eventsKept` exist. */
  events(afterId: number, limit: number): Promise<ClusterEvent[]>;
  /** Calls back after every change, by whomever. Ends with the returned function or with `close`. */
  watch(watcher: StoreWatcher): () => void;
  /**
   * An operator's word while the store is `held`: take what is there, or write what is known. Rejects with `invalid` when
   * nothing is held.
   */
  decide(word: StoreDecision): Promise<void>;
  /** Idempotent. Afterwards every method rejects. */
  close(): Promise<void>;
}

/** Where the controllers of several gateways find each other. What was told stays for a while when its teller ends. */
export interface PresenceBoard {
  /** From now on the others are told this of us, again and again. */
  announce(record: () => Presence): void;
  /** Every other, as it was told last; at most `presentMax`. */
  others(): readonly Presence[];
  /** Calls back whenever another told something, or is gone. */
  onChange(changed: () => void): void;
}

/** Controllers of a cluster. More are not met. */
export const presentMax = 64;

export type StoreDecision = "adopt" | "republish";

/** How the store is, for people. `what`: a sentence. */
export type StoreCondition =
  | { kind: "sound" }
  /** It does not answer, or not as it should. Tried again without end; the last known state stays in force. */
  | { kind: "failing"; what: string }
  /** Records were removed or changed by others. The last whole state stays in force, and the leader writes it anew. */
  | { kind: "damaged"; what: string }
  /** What is there is not what was: the last known state stays in force until an operator decides. */
  | { kind: "held"; what: string };

/** Who notices that a holder has fallen silent. */
export type Silence =
  /** Beats can be seen: a standby that saw none for a while acquires over the holder. */
  | { judge: "standby" }
  /**
   * Beats cannot be seen: the seat becomes free by itself, at the earliest `leaseMs` after the holder had begun the last
   * beat that the store took. Only over a holder whose end is known may somebody acquire before that.
   */
  | {
      judge: "store";
      leaseMs: number;
      /** By the clock of this process: what was done to the store until then, the watchers have been told. */
      toldUntil(): number;
    };

export interface StoreState {
  /** Undefined until a leader wrote the first one. */
  configuration: StoredConfiguration | undefined;
  overrides: readonly Override[];
  /** Join tokens, in the order in which they were made. */
  tokens: readonly StoredToken[];
  leadership: Leadership;
  /** Ids of the events that can be read; both 0 while there is none. */
  events: { firstId: number; lastId: number };
}

export interface StoredConfiguration {
  /** Grows by one with each change. */
  revision: number;
  /** Of the configuration as the supervisor sent it. */
  digest: string;
  traffic: TrafficConfiguration;
}

/** What operators want of one worker, whatever it says itself. */
export interface Override {
  service: string;
  id: string;
  drain: boolean;
  /** Null: the worker's own. */
  weight: number | null;
}

export interface LeadershipMark {
  term: number;
  /** Grows with each sign of life within a term. */
  beat: number;
}

export interface Leadership extends LeadershipMark {
  /** Instance of the controller that leads; null when nobody does (never led, or resigned). */
  holder: string | null;
}

/** What a leader writes under. */
export interface Lease {
  holder: string;
  term: number;
}

export type WriteOutcome = "ok" | "stale-term";

export type StoreChange =
  /** Gets the next revision, unless it has the digest of the one that stands: then nothing changes. */
  | { kind: "configuration"; digest: string; traffic: TrafficConfiguration }
  /** What is left out stays. With no drain and no weight the override is forgotten. */
  | { kind: "override"; service: string; id: string; drain?: boolean; weight?: number | null }
  /** Takes the place of the one with its id, or is added. */
  | { kind: "token"; token: StoredToken }
  /** One more secret for it as it stands then; refused where it stands no longer. */
  | ({ kind: "token-rotated"; id: string } & AddedSecret)
  | { kind: "token-revoked"; id: string }
  /** Gets the next id and the lease's term. */
  | { kind: "event"; event: NewEvent };

export type NewEvent = Omit<ClusterEvent, "id" | "term">;

export interface StoreWatcher {
  changed(state: StoreState): void;
  /** The store cannot be read at this moment, or (StoreCorrupt) not at all. */
  failed(error: Error): void;
}

/** Older events are forgotten. Higher: longer history, larger file (about 300 bytes each). */
export const eventsKept = 10_000;
/** Workers with an override; a write that would go over it fails as a whole. */
export const overridesMax = 10_000;
/** JSON text of the configuration; a larger one is refused. */
export const configurationBytesMax = 4 * 1024 * 1024;
/** What one write may hold, so that every store can do it as one transaction. A larger one fails as a whole. */
export const writeMax = { overrides: 100, events: 1000, eventBytes: 1024 * 1024 } as const;

export const nothingHeld = "The store is what it was: there is nothing to decide.";

/** Whether what failed so may have been done: look before it is repeated. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof SkeinError && error.code === problems.outcomeUnknown.code;
}

const begunAnew =
  "It is moved aside and begun anew, with what is sound in it, when all controllers have stopped; drains, weights and join tokens " +
  "that are not must be set and made again; see the event store-replaced";
const countsAnew =
  "What it holds now counts when all controllers have stopped and are started again, which happens by itself";

/** The store's file is torn, damaged, not ours, or (`sound`) not the one that was known. Nothing was changed in it. */
export class StoreCorrupt extends SkeinError {
  readonly file: string;

  constructor(file: string, what: string, options: { cause?: unknown; sound?: boolean } = {}) {
    const { sound = false, ...cause } = options;
    super("storeFailed", `${file}: ${what}. ${sound ? countsAnew : begunAnew}`, cause);
    this.name = "StoreCorrupt";
    this.file = file;
  }
}
