import type { Engine } from "../engine.ts";

/** A fault of ours met a request: it is to cost that one its connection, and nobody else anything. */
export function tellFault({ logger, statistics }: Engine, error: unknown): void {
  logger.error({ error: String(error) }, "a request could not be handled; its connection is cut");
  statistics.problem("internal");
}
