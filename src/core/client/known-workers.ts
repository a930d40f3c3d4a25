/** What a discovery stream said last, of one worker. */
export interface Known {
  readonly id: string;
  readonly state: "live" | "suspect" | "draining";
  readonly strength?: "hard" | "soft";
}

export type News<Worker extends Known> =
  | { readonly kind: "full"; readonly settled: boolean; readonly workers: readonly Worker[] }
  | { readonly kind: "delta"; readonly upserts: readonly Worker[]; readonly removals: readonly string[] }
  | { readonly kind: "alive" };

/**
 * The workers after the news. A controller that is not settled does not know all of them yet: what it tells is added,
 * and nobody is taken away by its silence.
 */
export function afterNews<Worker extends Known>(
  known: ReadonlyMap<string, Worker>,
  news: News<Worker>,
): ReadonlyMap<string, Worker> {
  if (news.kind === "alive") return known;
  const next = new Map(news.kind === "full" && news.settled ? [] : known);
  const told = news.kind === "full" ? news.workers : news.upserts;
  for (const worker of told) next.set(worker.id, worker);
  if (news.kind === "delta") for (const id of news.removals) next.delete(id);
  return next;
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
