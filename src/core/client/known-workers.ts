/** What a discovery stream said last, of one worker. */
export interface Known {
  readonly id: string;
  readonly state: "live" | "suspect" | "draining";
  readonly strength?: "hard" | "soft";
}

export type News<Worker extends Known> =
  | { readonly kind: "full"; readonly settled: boolean; readonly workers: readonly Worker[] }
  | {
      readonly kind: "delta";
      readonly settled: boolean;
      readonly upserts: readonly Worker[];
      readonly removals: readonly string[];
    }
  | { readonly kind: "alive" };

/** By id, put together from the streams of one controller after the other. */
export interface KnownWorkers<Worker extends Known> {
  /** What the client goes by. */
  readonly workers: ReadonlyMap<string, Worker>;
  /** What the present stream has told. Invariant: the same map once it is settled. */
  readonly told: ReadonlyMap<string, Worker>;
}

/**
 *   unsettled: only adds --a full frame or a change that is settled--> settled: what it told is all there is
 *
 * The workers after the news. A controller that is not settled does not know all of them yet: what it tells is added,
 * and nobody is taken away, neither by its silence nor by its word. When it settles, whom it has not told of is gone. Each
 * stream begins with a full frame.
 */
export function afterNews<Worker extends Known>(
  known: KnownWorkers<Worker>,
  news: News<Worker>,
): KnownWorkers<Worker> {
  if (news.kind === "alive") return known;
  const told = new Map(news.kind === "full" ? [] : known.told);
  const rows = news.kind === "full" ? news.workers : news.upserts;
  for (const worker of rows) told.set(worker.id, worker);
  if (news.kind === "delta") for (const id of news.removals) told.delete(id);
  if (news.settled) return { workers: told, told };
  const workers = new Map(known.workers);
  for (const worker of rows) workers.set(worker.id, worker);
  return { workers, told };
}

/** How much the controllers doubt a worker; undefined: it gets nothing new. Hard evidence weighs more than soft. */
export function doubtOf({ state, strength }: Known): number | undefined {
  switch (state) {
    case "live":
      return 0;
    case "suspect":
      return strength === "hard" ? 2 : 1;
    case "draining":
      return undefined;
  }
}
