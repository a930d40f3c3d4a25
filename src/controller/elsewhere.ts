import type { WebSocket } from "ws";
import { isLoopbackHost } from "../core/registry/address.ts";
import { GatewaysTransport } from "../peers/gateways-transport.ts";
import { newPeerKeys, type PeerKeys } from "../peers/handshake.ts";
import type { PeerNetwork, PeerSelf } from "../peers/network.ts";
import type { PeerTransport } from "../peers/peers.ts";
import { TcpPeers } from "../peers/tcp-transport.ts";
import { Unmet } from "../peers/unmet.ts";
import type { PeerHome, Stranger } from "../protocol/peer.ts";
import type { Presence } from "../protocol/presence.ts";
import type { PeerPlace } from "../registry/peer-news.ts";
import type { Clock } from "../runtime/clock.ts";
import type { ClusterClock } from "../runtime/cluster-clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { PresenceBoard } from "../store/store.ts";

export interface ElsewhereOptions {
  controller: string;
  home: PeerHome;
  presence: PresenceBoard;
  clock: Clock;
  logger: Pick<Logger, "warn">;
  /** PEM: the authority of the cluster. */
  ca: () => string | undefined;
  /** The way to the controllers of this gateway. */
  here: PeerTransport;
}

/** The way to the controllers of other gateways: found in the store, spoken to over TCP. */
export class Elsewhere {
  readonly transport: PeerTransport;
  readonly #presence: PresenceBoard;
  readonly #keys: PeerKeys = newPeerKeys();
  readonly #peers: TcpPeers;

  constructor({ controller, home, presence, clock, logger, ca, here }: ElsewhereOptions) {
    this.#presence = presence;
    const others = (): Presence[] => presence.others().filter((one) => isReachable(one, home));
    const unmet = new Unmet(clock, logger);
    this.#peers = new TcpPeers({
      controller,
      keys: this.#keys,
      clock,
      ca,
      others: () => presence.others(),
      dialled: (to, failure) => unmet.dialled(to, failure, presence.others()),
    });
    this.transport = new GatewaysTransport({
      gateway: home.gateway,
      here,
      elsewhere: () => others().map(({ name }) => name),
      dialElsewhere: (name, listener) => this.#peers.dial(name, listener),
      onElsewhere: (changed) => presence.onChange(changed),
    });
  }

  /** The others find this controller by what it tells in the store, with the cluster's time; theirs is heard there. */
  announce({ url, controller, name, home }: PeerSelf, clock: ClusterClock): void {
    if (url === "") return;
    const record = { controller, name, ...home, url, key: this.#keys.publicKey };
    const presence = this.#presence;
    presence.announce(() => ({ ...record, clock: clock.now() }));
    presence.onChange(() => presence.others().forEach((other) => clock.heard(other.clock)));
  }

  /** Where a controller is, as it tells in the store. */
  present(controller: string | null | undefined): PeerHome | undefined {
    return this.#presence.others().find((other) => other.controller === controller);
  }

  accept(network: PeerNetwork, socket: WebSocket, stranger: Stranger): void {
    this.#peers.accept(network, socket, stranger);
  }
}

/** Of another gateway, and not at a loopback address of another host. */
function isReachable({ gateway, host, url }: Presence, home: PeerHome): boolean {
  return gateway !== home.gateway && meansTheSame(url, host, home);
}

/** Whether an address that was told on one host means the same place on ours. */
export function meansTheSame(url: string, host: string, home: PeerHome): boolean {
  if (host === home.host || !URL.canParse(url)) return host === home.host;
  return !isLoopbackHost(new URL(url).hostname.replace(/^\[|\]$/g, ""));
}

/** Undefined: an older version, which is of our gateway. */
export function placeOf(peer: PeerHome | undefined, home: PeerHome): PeerPlace {
  if (peer === undefined || peer.gateway === home.gateway) return "this-gateway";
  return peer.host === home.host ? "this-host" : "another-host";
}
