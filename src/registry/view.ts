import { reasonOf } from "../core/registry/events.ts";
import type { WorkerView } from "../protocol/discovery.ts";
import type { Entry } from "./entry.ts";

/** A worker as `GET /v1/workers` shows it. `hadPast`: what was found may be older than it was found. */
export function viewOf(entry: Entry, hadPast: boolean, now: number, at: string | undefined): WorkerView {
  const { worker } = entry;
  const { registration, state } = worker;
  const joinedBy = worker.sdk ? "session" : "heartbeat";
  return {
    id: registration.id,
    service: registration.service,
    address: registration.address,
    ...(at === undefined ? {} : { requestsAt: at }),
    state: state.kind,
    ...(state.kind === "suspect" ? { cause: state.cause, reason: reasonOf(state.cause, at) } : {}),
    generation: registration.generation,
    origin: worker.origin === "configured" ? "configured" : joinedBy,
    session: worker.session === "held",
    weight: entry.weight ?? registration.weight,
    weightSet: entry.weight ?? null,
    desired: worker.drain.operator ? "drain" : "serve",
    ttlMs: registration.ttlMs,
    heardMsAgo: worker.origin === "configured" ? null : Math.round(now - worker.renewedAt),
    stateForMs: Math.max(0, Math.round(now - worker.stateSince)),
    ...(hadPast && worker.found ? { stateForAtLeast: true } : {}),
    ...(registration.version === undefined ? {} : { version: registration.version }),
    ...(registration.zone === undefined ? {} : { zone: registration.zone }),
    tags: registration.tags,
    metadata: registration.metadata,
    load: entry.load,
  };
}
