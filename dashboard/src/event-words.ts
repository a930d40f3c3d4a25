import type { ClusterEvent } from "../../src/protocol/events.ts";

/** Said where none of the events is shown. Only who has the first one knows that nothing happened before. */
export function noneAmong(all: readonly ClusterEvent[]): string {
  const oldest = all.at(-1);
  if (oldest === undefined || oldest.id === 1) return "Nothing has happened yet.";
  return `Nothing of it is among the last ${all.length} events, since ${oldest.at}; \`skein events --after 0\` tells what is still stored of before.`;
}
