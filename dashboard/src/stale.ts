import type { ConnectionState } from "./net/connection.ts";
import { clock } from "./format.ts";

/** What is said above figures of `heardAt`, which nobody tells anew. */
export function staleWords({ kind }: ConnectionState, heardAt: number): string {
  const then = `As of ${clock(new Date(heardAt).toISOString())}`;
  return kind === "connecting" || kind === "asleep"
    ? `${then}: connecting again.`
    : `${then}: no controller answers. What is shown may have changed since; requests do not depend on it.`;
}
