import type { Evidence } from "../protocol/evidence.ts";
import type { Entry } from "./entry.ts";
import type { Registry } from "./registry.ts";

/** Evidence counts for the life that it was seen of, and for no other. Returns what counts. */
export function takeEvidence(
  registry: Pick<Registry, "apply" | "entry">,
  items: readonly Evidence[],
): Evidence[] {
  return items.filter((item) => {
    const entry = registry.entry(item.service, item.id);
    if (entry === undefined || !isOf(entry, item)) return false;
    registry.apply(entry, { kind: "evidence", evidence: item.kind });
    return true;
  });
}

function isOf({ worker }: Entry, { address, generation }: Evidence): boolean {
  const { registration } = worker;
  return registration.address === address && registration.generation === generation;
}

/** Seen here: its process stands still. */
export function stallOf({ worker }: Entry): Evidence {
  const { service, id, address, generation } = worker.registration;
  return { service, id, address, generation, kind: "stalled" };
}
