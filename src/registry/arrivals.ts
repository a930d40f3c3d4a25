import { newWorker } from "../core/registry/create.ts";
import type { Registration } from "../core/registry/worker.ts";
import { heartbeatDefaults, type Load } from "../protocol/heartbeat.ts";
import type { PeerWorker } from "../protocol/peer.ts";
import {
  type Accepted,
  acceptedOf,
  type Claimant,
  hasMoved,
  numbersOf,
  peerWorkerOf,
  registrationOf,
  registryFull,
} from "./claim.ts";
import type { Entries } from "./entries.ts";
import type { Entry, SessionEnd } from "./entry.ts";
import { gateFor } from "./gate.ts";
import { pastWith } from "./graves.ts";
import type { Registry } from "./registry.ts";
import { OpenSession } from "./session.ts";
import type { Sessions } from "./sessions.ts";

export interface ArrivalsParts {
  entries: Entries;
  sessions: Sessions;
  /** Workers that may be registered at once. */
  workersMax(): number;
}

/**
 * How a worker comes: by a heartbeat, by a session, or by a peer that holds its session. Each is a claim to be the next
 * life under its id, or the one that is known, and may throw SkeinError.
 */
export class Arrivals {
  readonly #registry: Registry;
  readonly #parts: ArrivalsParts;

  constructor(registry: Registry, parts: ArrivalsParts) {
    this.#registry = registry;
    this.#parts = parts;
  }

  heartbeat(claimant: Claimant, load: Load, from: "here" | "peer"): Accepted {
    const registry = this.#registry;
    const ttlMs = claimant.ttlMs ?? heartbeatDefaults.ttlMs;
    const { entry, registration } = this.#claim(claimant, ttlMs, {}, "heartbeat");
    entry.load = load;
    registry.apply(entry, { kind: "heartbeat", registration });
    if (from === "here") registry.heartbeats.post += 1;
    if (from === "here") registry.ports.tell({ kind: "heartbeat", beat: peerWorkerOf(registration), load });
    return acceptedOf(entry, heartbeatEveryMsFor(ttlMs));
  }

  openSession(claimant: Claimant, instance: string, end: SessionEnd): OpenSession {
    const { sessions } = this.#parts;
    const ttlMs = sessions.ttlMsFor(claimant);
    const { entry, registration } = this.#claim(claimant, ttlMs, { instance }, "session");
    sessions.opened(entry, end, instance, claimant.ttlMs === undefined);
    this.#registry.apply(entry, { kind: "session-opened", registration });
    const everyMs = sessions.heartbeatEveryMs(entry) ?? heartbeatEveryMsFor(ttlMs);
    return new OpenSession(this.#registry, entry, end, {
      ...acceptedOf(entry, everyMs),
      ...numbersOf(registration),
    });
  }

  heldByPeer(peer: string, worker: PeerWorker, blocked: boolean, elsewhere: boolean): void {
    const via = elsewhere ? "peer-elsewhere" : "peer";
    const { entry, registration } = this.#claim(worker, worker.ttlMs, { byPeer: peer }, via);
    const where = elsewhere ? ({ elsewhere } as const) : {};
    this.#registry.apply(entry, { kind: "peer-session", peer, held: true, blocked, registration, ...where });
  }

  #claim(
    claimant: Claimant,
    ttlMs: number,
    { instance, byPeer }: { instance?: string; byPeer?: string },
    via: "session" | "heartbeat" | "peer" | "peer-elsewhere",
  ): { entry: Entry; registration: Registration } {
    const registry = this.#registry;
    const { entries } = this.#parts;
    const { service, id } = claimant;
    const known = entries.get(service, id);
    const past = known?.past ?? entries.pastOf(service, id);
    const beginsAt = registry.ports.beginnings.now();
    const facts = { ttlMs, instance, byPeer, known, past, beginsAt };
    const { registration, goesOn } = registrationOf(claimant, facts);
    if (goesOn !== undefined) {
      this.#renumber(goesOn, registration);
      return { entry: goesOn, registration };
    }
    const workersMax = this.#parts.workersMax();
    if (known === undefined && entries.joined >= workersMax) throw registryFull(workersMax);
    const origin = known?.worker.origin ?? "joined";
    const gate = gateFor(registry.checkOf(service), origin, via === "heartbeat" ? via : "session");
    const begun = newWorker(registration, origin, gate, registry.ports.clock.now(), known?.worker);
    const worker =
      known !== undefined && hasMoved(known.worker, registration)
        ? { ...begun, peers: known.worker.peers, drain: known.worker.drain, sdk: true }
        : begun;
    // A peer speaks only of those that passed their first check there: on the same host.
    return { entry: registry.begin(worker, via === "peer"), registration };
  }

  /** The same life under a higher number: another controller knew more of the past than who numbered it first. */
  #renumber(entry: Entry, registration: Registration): void {
    const { worker } = entry;
    entry.past = pastWith(entry.past, registration);
    if (worker.registration.generation === registration.generation) return;
    entry.worker = { ...worker, registration: { ...worker.registration, ...numbersOf(registration) } };
    this.#registry.publisher.touch(entry);
  }
}

/** Of a worker that has a lease of its own. */
function heartbeatEveryMsFor(ttlMs: number): number {
  return Math.max(250, Math.floor(ttlMs / 3));
}
