import type { ClusterEvent } from "../../src/protocol/events.ts";

/**
 * Said where none of the events is shown. Only who has the first one knows that nothing happened before. `lastId`: of the
 * newest that is stored, 0 where there is none.
 */
export function noneAmong(all: readonly ClusterEvent[], lastId: number): string {
  const oldest = all.at(-1);
  if (oldest === undefined && lastId > 0)
    return "Nobody has told yet what happened. Where the store cannot be read now, it comes later.";
  if (oldest === undefined || oldest.id === 1) return "Nothing has happened yet.";
  return `Nothing of it is among the last ${all.length} events, since ${oldest.at}; \`skein events --after 0\` tells what is still stored of before.`;
}
