import { isOwnListener } from "../control/address-rules.ts";
import { parseAddress } from "../core/registry/address.ts";
import type { Peer } from "../peers/peers.ts";
import type { PeerHome, PeerItem } from "../protocol/peer.ts";
import { type PeerPlace, takePeerItem } from "../registry/peer-news.ts";
import { PeerSnapshots } from "../registry/peer-snapshots.ts";
import type { Registry } from "../registry/registry.ts";
import { placeOf } from "./elsewhere.ts";
import type { Statistics } from "./statistics.ts";

export interface HeardFromPeersPorts {
  registry: Registry;
  statistics: Statistics;
  /** Where this controller is. */
  home: PeerHome;
  /** host:port of everything that this gateway listens on. */
  ownListeners(): readonly string[];
}

/** Carries what the peers tell to the registry and the statistics; by where a peer is, it counts for more or less. */
export class HeardFromPeers {
  readonly #ports: HeardFromPeersPorts;
  readonly #snapshots: PeerSnapshots;

  constructor(ports: HeardFromPeersPorts) {
    this.#ports = ports;
    this.#snapshots = new PeerSnapshots(ports.registry);
  }

  items(from: Peer, items: readonly PeerItem[], of: "news" | "snapshot"): void {
    const { registry, home } = this.#ports;
    if (of === "snapshot") this.#snapshots.add(from.controller, items);
    const place = placeOf(from.home, home);
    for (const item of items) {
      if (isCircle(item, this.#ports.ownListeners())) continue;
      if (item.kind === "statistics" || item.kind === "proxy-here") this.#ofProxy(item, place);
      else takePeerItem(registry, from.controller, item, place);
    }
  }

  snapshotOver(from: Peer, settled: boolean): void {
    const { registry, home } = this.#ports;
    this.#snapshots.end(from.controller);
    // Another gateway knows nothing of workers that only this host can reach, and did not see their first checks.
    if (settled && placeOf(from.home, home) === "this-gateway") registry.settle();
  }

  gone(peer: Peer): void {
    this.#snapshots.forget(peer.controller);
    this.#ports.registry.peerGone(peer.controller);
  }

  #ofProxy(item: Extract<PeerItem, { kind: "statistics" | "proxy-here" }>, place: PeerPlace): void {
    const { statistics } = this.#ports;
    const isOurs = place === "this-gateway";
    if (item.kind === "statistics" && isOurs) statistics.take(item.report);
    if (item.kind === "proxy-here" && !isOurs) statistics.reportsElsewhere(item.proxy);
  }
}

/** A peer cannot know all the places at which we listen: as workers, they would send requests round in circles. */
export function isCircle(item: PeerItem, ownListeners: readonly string[]): boolean {
  if (item.kind !== "heartbeat" && item.kind !== "session") return false;
  const { address } = item.kind === "heartbeat" ? item.beat : item.worker;
  const parsed = parseAddress(address);
  return parsed !== undefined && isOwnListener(parsed, ownListeners);
}
