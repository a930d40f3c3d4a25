import type { PeerItem } from "../protocol/peer.ts";
import { keyOf } from "./entry.ts";
import type { Registry } from "./registry.ts";

/**
 * A snapshot is all that its peer holds: a session that we believe there and that stands in no part of it was lost in
 * news that the peer had to drop.
 */
export class PeerSnapshots {
  readonly #registry: Registry;
  /** Held by a peer, as the parts of its snapshot so far have told. */
  readonly #held = new Map<string, Set<string>>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** A part. Its items are taken as news are, by the caller. */
  add(peer: string, items: readonly PeerItem[]): void {
    const held = this.#held.get(peer) ?? new Set();
    this.#held.set(peer, held);
    for (const item of items) {
      if (item.kind === "session" && item.held) held.add(keyOf(item.worker.service, item.worker.id));
    }
  }

  /** The last part has been taken. */
  end(peer: string): void {
    const held = this.#held.get(peer);
    this.#held.delete(peer);
    for (const entry of this.#registry.entries()) {
      const { registration, peers } = entry.worker;
      if (!peers.includes(peer) || held?.has(entry.key) === true) continue;
      this.#registry.apply(entry, { kind: "peer-session", peer, held: false, blocked: false, registration });
    }
  }

  /** The peer is gone in the middle of one. */
  forget(peer: string): void {
    this.#held.delete(peer);
  }
}
