import { SkeinError } from "../protocol/error.ts";
import type { PeerItem } from "../protocol/peer.ts";
import { numbersOf, peerWorkerOf } from "./claim.ts";
import type { Registry } from "./registry.ts";

/** What a peer learned about workers. Items of other kinds are not the registry's. */
export function takePeerItem(registry: Registry, peer: string, item: PeerItem): void {
  switch (item.kind) {
    case "heartbeat":
      quietly(() => registry.heartbeat(item.beat, item.load, "peer"));
      return;
    case "session":
      takeSession(registry, peer, item);
      return;
    case "left":
    case "draining": {
      const entry = registry.entry(item.service, item.id);
      if (entry === undefined) return;
      const { registration } = entry.worker;
      if (registration.generation > item.generation && !sameBeginning(registration, item)) return;
      if (item.kind === "left") registry.leftAtPeer(entry);
      else registry.apply(entry, { kind: "drain", by: "worker", on: true, byPeer: true });
      return;
    }
    case "generation":
      registry.generationAtPeer(item.service, item.id, item);
      return;
    case "evidence":
      registry.evidence(item.items, "peer");
      return;
    case "statistics":
    case "event":
      return;
  }
}

function takeSession(registry: Registry, peer: string, item: Extract<PeerItem, { kind: "session" }>): void {
  const { held, blocked, worker } = item;
  if (held) {
    quietly(() => registry.heldByPeer(peer, worker, blocked));
    return;
  }
  const known = registry.entry(worker.service, worker.id);
  if (known === undefined) return;
  const { registration } = known.worker;
  if (registration.generation !== worker.generation && !sameBeginning(registration, worker)) return;
  registry.apply(known, { kind: "peer-session", peer, held, blocked, registration });
}

/** One life, which two controllers may for a moment know under two numbers. */
function sameBeginning(one: { begunAtMs?: number }, other: { begunAtMs?: number }): boolean {
  return one.begunAtMs !== undefined && one.begunAtMs === other.begunAtMs;
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
      items.push({ kind: "generation", service, id, ...numbersOf(entry.past) });
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
  }
  return items;
}
