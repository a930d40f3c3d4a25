import type { Peer } from "../peers/peers.ts";
import type { PeerHome } from "../protocol/peer.ts";

/**
 * Among how many proxies one of this gateway divides what is allowed in all: each gateway gets the same part, and each of
 * its proxies the same part of that. So the parts of all add up to the whole, however many proxies a gateway has.
 */
export function sharersOf(
  proxiesHere: number,
  peers: readonly Pick<Peer, "home">[],
  here: Pick<PeerHome, "gateway">,
): number {
  const gateways = new Set(peers.map(({ home }) => home?.gateway ?? here.gateway));
  gateways.add(here.gateway);
  return Math.max(1, proxiesHere) * gateways.size;
}
