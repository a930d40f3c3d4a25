import type { PeerName } from "../suite/peer-names.ts";
import { bare } from "./bare.ts";
import { caddy } from "./caddy.ts";
import { go } from "./go.ts";
import { haproxy } from "./haproxy.ts";
import { nginx } from "./nginx.ts";
import { fastify, httpProxy, undici } from "./node-peers.ts";
import type { Peer } from "./peer.ts";
import { skein, skeinLink } from "./skein.ts";

const all = [skein, skeinLink, nginx, haproxy, caddy, go, undici, fastify, httpProxy, bare];

export function peerNamed(name: PeerName): Peer {
  const found = all.find((peer) => peer.name === name);
  if (found === undefined) throw new Error(`no peer is named ${name}`);
  return found;
}
