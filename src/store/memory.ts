import { SkeinError } from "../protocol/error.ts";
import type { ClusterEvent } from "../protocol/events.ts";
import { configurationText, outcomeOf } from "./changes.ts";
import {
  eventsKept,
  type Leadership,
  type LeadershipMark,
  type Lease,
  nothingHeld,
  type Store,
  type StoreChange,
  type StoreState,
  type StoreWatcher,
  type WriteOutcome,
} from "./store.ts";

/** What the handles of one process share. It lives as long as somebody holds it. */
export class MemoryStoreContent {
  leadership: Leadership = { holder: null, term: 0, beat: 0 };
  state: Pick<StoreState, "configuration" | "overrides" | "tokens"> = {
    configuration: undefined,
    overrides: [],
    tokens: [],
  };
  events: ClusterEvent[] = [];
  readonly watchers = new Set<StoreWatcher>();

  snapshot(): StoreState {
    const firstId = this.events.at(0)?.id ?? 0;
    const lastId = this.events.at(-1)?.id ?? 0;
    return { ...this.state, leadership: this.leadership, events: { firstId, lastId } };
  }

  /** In a microtask of its own: a watcher must not run inside the call that made the change. */
  changed(): void {
    queueMicrotask(() => {
      const state = this.snapshot();
      for (const watcher of this.watchers) watcher.changed(state);
    });
  }

  holds(lease: Lease): boolean {
    return this.leadership.holder === lease.holder && this.leadership.term === lease.term;
  }
}

/** The driver `memory`: several handles over one content; nothing survives the process. */
export class MemoryStore implements Store {
  readonly silence = { judge: "standby" } as const;
  readonly condition = { kind: "sound" } as const;
  readonly place = "the memory of one process";
  readonly presence = undefined;
  readonly #content: MemoryStoreContent;
  readonly #watchers = new Set<StoreWatcher>();
  #closed = false;

  constructor(content: MemoryStoreContent = new MemoryStoreContent()) {
    this.#content = content;
  }

  async open(): Promise<void> {
    this.#usable();
  }

  get lastKnown(): StoreState {
    return this.#content.snapshot();
  }

  async read(): Promise<StoreState> {
    return this.#usable().snapshot();
  }

  async acquire(holder: string, seen: LeadershipMark, termFloor: number): Promise<number | undefined> {
    const content = this.#usable();
    const { term, beat } = content.leadership;
    if (term !== seen.term || beat !== seen.beat) return undefined;
    const next = Math.max(term, termFloor) + 1;
    content.leadership = { holder, term: next, beat: 0 };
    content.changed();
    return next;
  }

  async beat(lease: Lease): Promise<WriteOutcome> {
    return this.#leading(lease, (content) => {
      content.leadership = { ...content.leadership, beat: content.leadership.beat + 1 };
    });
  }

  async resign(lease: Lease): Promise<WriteOutcome> {
    return this.#leading(lease, (content) => {
      content.leadership = { ...content.leadership, holder: null, beat: content.leadership.beat + 1 };
    });
  }

  async write(lease: Lease, changes: readonly StoreChange[]): Promise<WriteOutcome> {
    return this.#leading(lease, (content) => {
      const outcome = outcomeOf(content.state, changes);
      const { configuration } = outcome;
      const stored =
        configuration === undefined
          ? content.state.configuration
          : {
              revision: (content.state.configuration?.revision ?? 0) + 1,
              digest: configuration.digest,
              // A copy: what the caller does to its object later must not reach the store.
              traffic: JSON.parse(configurationText(configuration.traffic)) as typeof configuration.traffic,
            };
      content.state = {
        configuration: stored,
        overrides: outcome.overrides ?? content.state.overrides,
        tokens: outcome.tokens ?? content.state.tokens,
      };
      let id = content.events.at(-1)?.id ?? 0;
      const added = outcome.events.map((event) => ({ ...event, id: ++id, term: lease.term }));
      if (added.length > 0) content.events = [...content.events, ...added].slice(-eventsKept);
    });
  }

  async events(afterId: number, limit: number): Promise<ClusterEvent[]> {
    const { events } = this.#usable();
    const from = events.findIndex((event) => event.id > afterId);
    return from === -1 ? [] : events.slice(from, from + limit);
  }

  watch(watcher: StoreWatcher): () => void {
    const content = this.#usable();
    const own: StoreWatcher = {
      changed: (state) => watcher.changed(state),
      failed: (error) => watcher.failed(error),
    };
    this.#watchers.add(own);
    content.watchers.add(own);
    return () => {
      this.#watchers.delete(own);
      content.watchers.delete(own);
    };
  }

  async decide(): Promise<void> {
    throw new SkeinError("invalid", nothingHeld);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const watcher of this.#watchers) this.#content.watchers.delete(watcher);
    this.#watchers.clear();
  }

  #leading(lease: Lease, change: (content: MemoryStoreContent) => void): WriteOutcome {
    const content = this.#usable();
    if (!content.holds(lease)) return "stale-term";
    change(content);
    content.changed();
    return "ok";
  }

  #usable(): MemoryStoreContent {
    if (this.#closed) throw new SkeinError("storeFailed", "the store is closed");
    return this.#content;
  }
}
