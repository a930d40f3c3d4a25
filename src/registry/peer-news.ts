import { isLoopbackAddress } from "../core/registry/address.ts";
import { fromElsewhere } from "../core/registry/elsewhere.ts";
import { asTold } from "../core/registry/since.ts";
import type { Worker } from "../core/registry/worker.ts";
import { SkeinError } from "../protocol/error.ts";
import type { Evidence } from "../protocol/evidence.ts";
import type { PeerItem, PeerState } from "../protocol/peer.ts";
import { numbersOf, peerWorkerOf, sameBeginning } from "./claim.ts";
import type { Entry } from "./entry.ts";
import type { Registry } from "./registry.ts";

/** A worker that leaves ends its sessions within this time. */
const leaveMs = 2_000;

/** Where a peer is: in this gateway, in another one of this host, or on another host. */
export type PeerPlace = "this-gateway" | "this-host" | "another-host";

/** What a peer learned about workers. Items of other kinds are not the registry's. */
export function takePeerItem(
  registry: Registry,
  peer: string,
  item: PeerItem,
  place: PeerPlace = "this-gateway",
): void {
  if (place === "another-host" && isOfItsHost(registry, item)) return noLongerHeld(registry, peer, item);
  const elsewhere = place !== "this-gateway";
  switch (item.kind) {
    case "heartbeat":
      quietly(() => registry.heartbeat(item.beat, item.load, "peer"));
      return;
    case "session":
      takeSession(registry, peer, item, elsewhere);
      return;
    case "left":
    case "draining": {
      const entry = registry.entry(item.service, item.id);
      if (entry === undefined) {
        if (item.kind === "left") registry.generationAtPeer(item.service, item.id, { ...item, left: true });
        return;
      }
      const { registration } = entry.worker;
      if (registration.generation > item.generation && !sameBeginning(registration, item)) return;
      if (item.kind === "left") takeLeave(registry, entry);
      else registry.apply(entry, { kind: "drain", by: "worker", on: true, byPeer: true });
      return;
    }
    case "generation":
      registry.generationAtPeer(item.service, item.id, item);
      return;
    case "state":
      takeState(registry, item);
      return;
    case "evidence":
      registry.evidence(elsewhere ? evidenceFromElsewhere(item.items, place) : item.items, "peer");
      return;
    case "statistics":
    case "proxy-here":
    case "event":
      return;
  }
}

/**
 * A loopback address means another place there: what it says of a worker that only its host can reach is nothing to us,
 * and what it says by name alone is not about one that only we can reach.
 */
function isOfItsHost(registry: Registry, item: PeerItem): boolean {
  switch (item.kind) {
    case "heartbeat":
      return isLoopbackAddress(item.beat.address);
    case "session":
      return isLoopbackAddress(item.worker.address);
    case "left":
    case "draining":
    case "state":
    case "generation": {
      const known = registry.entry(item.service, item.id);
      return known !== undefined && isLoopbackAddress(known.worker.registration.address);
    }
    case "evidence":
    case "statistics":
    case "proxy-here":
    case "event":
      return false;
  }
}

/** Of a life that we reach by loopback the peer held a session as well, by another address: that is over. */
function noLongerHeld(registry: Registry, peer: string, item: PeerItem): void {
  if (item.kind !== "left") return;
  const known = registry.entry(item.service, item.id);
  if (known === undefined || !sameBeginning(known.worker.registration, item)) return;
  const { registration } = known.worker;
  registry.apply(known, { kind: "peer-session", peer, held: false, blocked: false, registration });
}

/** What proxies of another gateway saw, as it counts here. */
export function evidenceFromElsewhere(items: readonly Evidence[], place: PeerPlace): Evidence[] {
  return items.flatMap((item) => {
    const kind = fromElsewhere(item.kind);
    const ofItsHost = place === "another-host" && isLoopbackAddress(item.address);
    return kind === undefined || ofItsHost ? [] : [{ ...item, kind }];
  });
}

/**
 * The peer was told that it leaves. The worker says so here as well and ends its session itself; one that was removed
 * by an operator does not know, and is told after a while.
 */
function takeLeave(registry: Registry, entry: Entry): void {
  const { session } = entry;
  registry.apply(entry, { kind: "leave", byPeer: true });
  if (session === undefined) return;
  registry.ports.clock.after(leaveMs, () => {
    if (entry.session === session && entry.worker.left) registry.expel(entry, session);
  });
}

function takeSession(
  registry: Registry,
  peer: string,
  item: Extract<PeerItem, { kind: "session" }>,
  elsewhere: boolean,
): void {
  const { held, blocked, worker } = item;
  if (held) {
    quietly(() => registry.heldByPeer(peer, worker, blocked, elsewhere));
    return;
  }
  const known = registry.entry(worker.service, worker.id);
  if (known === undefined) return;
  const { registration } = known.worker;
  if (registration.generation !== worker.generation && !sameBeginning(registration, worker)) return;
  registry.apply(known, { kind: "peer-session", peer, held, blocked, registration });
}

function takeState(registry: Registry, item: PeerState): void {
  const known = registry.entry(item.service, item.id);
  if (known === undefined) return;
  const { registration } = known.worker;
  if (registration.generation !== item.generation && !sameBeginning(registration, item)) return;
  const { state, cause, forMs, atLeast } = item;
  known.told = { state, cause, since: registry.ports.clock.now() - forMs, found: atLeast };
  const worker = asTold(known.worker, known.told);
  if (worker === known.worker) return;
  known.worker = worker;
  registry.publisher.touch(known);
}

/** A peer's item that is refused here (an older life) is no error of the peer. */
function quietly(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SkeinError)) throw error;
  }
}

/** Everything that a new peer must know. */
export function snapshotOf(registry: Registry): PeerItem[] {
  const items: PeerItem[] = [];
  for (const entry of registry.entries()) {
    const { worker } = entry;
    const { registration } = worker;
    const { service, id } = registration;
    // Else a peer that forgot would give its next life a generation that is refused here.
    if (worker.left || worker.dead || !worker.admitted || worker.silence !== undefined) {
      const left = worker.left ? ({ left: true } as const) : {};
      items.push({ kind: "generation", service, id, ...numbersOf(entry.past), ...left });
    }
    if (worker.left || worker.dead || !worker.admitted) continue;
    const peerWorker = peerWorkerOf(registration);
    if (worker.session === "held") {
      items.push({ kind: "session", worker: peerWorker, held: true, blocked: worker.blocked });
    } else if (worker.origin === "joined" && worker.silence === undefined && worker.peers.length === 0) {
      // Also one that self-preservation keeps: it gets a lease there, and is judged there.
      items.push({ kind: "heartbeat", beat: peerWorker, load: entry.load });
    }
    if (worker.drain.worker) items.push({ kind: "draining", service, id, ...numbersOf(registration) });
    items.push(stateOf(worker, registry));
  }
  // Else who was removed comes back by its proof at a peer that began since.
  for (const { service, id, past } of registry.departed()) {
    items.push({ kind: "generation", service, id, ...numbersOf(past), left: true });
  }
  return items;
}

function stateOf({ registration, state, stateSince, found }: Worker, registry: Registry): PeerState {
  const { service, id } = registration;
  return {
    kind: "state",
    service,
    id,
    ...numbersOf(registration),
    state: state.kind,
    ...(state.kind === "suspect" ? { cause: state.cause } : {}),
    forMs: Math.max(0, registry.ports.clock.now() - stateSince),
    atLeast: found && registry.hadPast,
  };
}
