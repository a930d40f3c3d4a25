import type { ScrapedController } from "../control/prometheus-targets.ts";
import type { Peer } from "../peers/peers.ts";
import type { PeerHome } from "../protocol/peer.ts";
import { meansTheSame } from "./elsewhere.ts";

/** This controller and those of its peers that a Prometheus on this host reaches by the address that they told. */
export function scrapedControllers(
  self: { name: string; url: string; home: PeerHome },
  peers: readonly Pick<Peer, "name" | "url" | "home">[],
): ScrapedController[] {
  const { home } = self;
  const others = peers
    .filter((peer) => meansTheSame(peer.url, peer.home?.host ?? home.host, home))
    .map(({ name, url, home: its }) => ({ name, url, gateway: its?.gateway ?? home.gateway }));
  return [{ name: self.name, url: self.url, gateway: home.gateway }, ...others];
}
