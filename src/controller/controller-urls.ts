import type { PeerSelf } from "../peers/network.ts";
import type { Peer } from "../peers/peers.ts";
import { meansTheSame } from "./elsewhere.ts";

/**
 * Where workers find the controllers, of all gateways: in the same order at each of them, for a worker chooses by it. A
 * loopback address of another host is left out: it would be another place for whoever hears it here.
 */
export function controllerUrls(self: PeerSelf, peers: readonly Pick<Peer, "url" | "home">[]): string[] {
  const others = peers
    .filter(({ url, home }) => meansTheSame(url, home?.host ?? self.home.host, self.home))
    .map(({ url }) => url);
  return [...new Set([self.url, ...others])].filter((url) => url !== "").sort();
}
