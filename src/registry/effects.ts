import type { Effect } from "../core/registry/events.ts";
import type { PeerItem } from "../protocol/peer.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Announcer } from "./announcer.ts";
import type { Checker } from "./checker.ts";
import { numbersOf, peerWorkerOf } from "./claim.ts";
import type { Entry } from "./entry.ts";
import type { Fleets } from "./fleets.ts";
import type { SessionPings } from "./session-pings.ts";

/** Who does what the rules ask for. */
export interface Doers {
  announcer: Announcer;
  checker: Pick<Checker, "probe">;
  clock: Clock;
  fleets: Fleets;
  pings: Pick<SessionPings, "ask">;
  tell(item: PeerItem): void;
  forget(entry: Entry): void;
}

/** Does what the rules of core/registry answered to an event. */
export function carryOut(effect: Effect, entry: Entry, doers: Doers): void {
  const { service } = entry.worker.registration;
  switch (effect.kind) {
    case "event":
      return doers.announcer.changed(entry.worker, effect.event, effect.message);
    case "probe":
      return doers.checker.probe(entry, effect.how, effect.afterMs);
    case "ping":
      return doers.pings.ask(entry);
    case "tell":
      return doers.tell(newsOf(entry, effect.what));
    case "evicted":
      return doers.fleets.evicted(service, doers.clock.now());
    case "denied":
      if (doers.fleets.denied(service, doers.clock.now())) doers.announcer.preservationOn(service);
      return;
    case "forget":
      doers.announcer.forgotten(entry.worker);
      return doers.forget(entry);
  }
}

/** What the peers are told of a worker. */
export function newsOf({ worker }: Entry, what: Extract<Effect, { kind: "tell" }>["what"]): PeerItem {
  const { registration, blocked } = worker;
  const { service, id } = registration;
  if (what === "left" || what === "draining") return { kind: what, service, id, ...numbersOf(registration) };
  return { kind: "session", worker: peerWorkerOf(registration), held: what === "held", blocked };
}
