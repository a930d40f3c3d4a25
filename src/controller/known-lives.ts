import type { ClusterEvent } from "../protocol/events.ts";
import { eventsKept, type NewEvent, type Store } from "../store/store.ts";

export interface MaybeNews {
  readonly event: NewEvent;
  /** Of a worker that was there before this controller was: see `Worker.found`. */
  readonly found: boolean;
}

interface LifeInLog {
  readonly generation: unknown;
  readonly ended: boolean;
  /** Its state, and of one that is out why. */
  readonly standing: string;
}

const ends: readonly NewEvent["kind"][] = ["worker-left", "worker-dead", "worker-forgotten"];

/**
 * What the log tells of the present lives of the workers. A controller that begins with nothing finds the workers one by one:
 * who has joined by the log, and has not gone by it, has not joined again, and is news only where it is otherwise than there.
 * Of a life so old that the log has forgotten its beginning it is not told again that it joined and is live.
 */
export class KnownLives {
  readonly #store: Pick<Store, "events">;
  readonly #lives = new Map<string, LifeInLog>();
  #readTo = 0;
  /** Nothing of the log was forgotten when it was first read. */
  #isWhole = true;

  constructor(store: Pick<Store, "events">) {
    this.#store = store;
  }

  /** Those of a batch that are to be written. Reads of the log what is new; rejects as that does. */
  async newsAmong<Each extends MaybeNews>(batch: readonly Each[]): Promise<readonly Each[]> {
    if (!batch.some(({ found }) => found)) return batch;
    this.#take(await this.#store.events(this.#readTo, eventsKept));
    // Whether the batch will be written is not known yet.
    const lives = new Map<string, LifeInLog>();
    return batch.filter(({ event, found }) => {
      const key = keyOf(event);
      const isNews = !found || this.#isNews(lives.get(key) ?? this.#lives.get(key), event);
      if (isNews) note(lives, event);
      return isNews;
    });
  }

  #take(written: readonly ClusterEvent[]): void {
    const [first] = written;
    if (this.#readTo === 0 && first !== undefined) this.#isWhole = first.id <= 1;
    for (const event of written) note(this.#lives, event);
    this.#readTo = written.at(-1)?.id ?? this.#readTo;
  }

  #isNews(life: LifeInLog | undefined, event: NewEvent): boolean {
    const { kind, data } = event;
    if (life === undefined) return this.#isWhole || (kind !== "worker-joined" && kind !== "worker-live");
    if (life.ended || life.generation !== data?.["generation"]) return true;
    return kind !== "worker-joined" && life.standing !== standingAfter(event);
  }
}

function note(lives: Map<string, LifeInLog>, event: NewEvent): void {
  const { kind, worker, data } = event;
  const generation = data?.["generation"];
  if (worker === undefined || generation === undefined) return;
  lives.set(keyOf(event), { generation, ended: ends.includes(kind), standing: standingAfter(event) });
}

function standingAfter({ kind, data }: NewEvent): string {
  const isLive = kind === "worker-live" || kind === "worker-undrained" || data?.["state"] === "live";
  return isLive ? "live" : `${kind} ${data?.["cause"] ?? ""}`;
}

function keyOf({ service = "", worker = "" }: NewEvent): string {
  return `${service}\n${worker}`;
}
