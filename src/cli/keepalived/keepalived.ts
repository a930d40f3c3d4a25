import { isIP } from "node:net";
import { Failure } from "../failure.ts";

/** What a host's keepalived is told. Everything is checked: the texts below are written as they stand. */
export interface VirtualIp {
  interface: string;
  /** An address, with or without the length of its prefix. */
  address: string;
  /** 1 to 254: the highest that is ready holds the address. */
  priority: number;
  /** 1 to 255: the same on all hosts of one address, and no other's on this network. */
  routerId: number;
  /** The other hosts' addresses: told one by one instead of by multicast. */
  peers: string[];
  /** Where the gateway of this host is asked whether it serves, from this host. */
  gatewayUrl: string;
  /** Directory of both files, absolute. */
  directory: string;
}

export const fileNames = {
  configuration: "keepalived.conf",
  check: "skein-check",
  away: "skein-away",
} as const;

const header = "# Written by `skein keepalived-config`.";

/** Whether the text of a file is one of ours, by its first lines. */
export function isOurs(text: string): boolean {
  return text.split("\n", 2).some((line) => line.startsWith(header));
}

/** Lower: a host that is gone is replaced sooner; higher: a busy network is believed longer. Three silences count. */
const advertEveryS = 0.1;
/**
 * How the new place of the address is told to the network. Linux does not believe a change within a second of the one
 * before (`locktime`): told at once only, a client may go on asking the old host until keepalived's next turn.
 */
const announceEveryS = 0.1;
const announcements = 15;
/** More than any two priorities differ by: a gateway that does not serve is behind every one that does. */
const unreadyWeight = -253;

/**
 * A gateway that does not serve loses by its priority and is not taken out: where none of the hosts serves, the
 * address stays somewhere, and a gateway that serves with what it last knew is reached all the same.
 */
export function keepalivedConfiguration(given: VirtualIp): string {
  const { directory, routerId, priority, peers } = given;
  const name = `skein_${routerId}`;
  const unicast =
    peers.length === 0 ? "" : `  unicast_peer {\n${peers.map((peer) => `    ${peer}\n`).join("")}  }\n`;
  return `${header} The address moves to the ready host of the highest priority.
global_defs {
  vrrp_version 3
  enable_script_security
  script_user nobody nogroup
  vrrp_garp_interval ${announceEveryS}
  vrrp_garp_master_repeat ${announcements}
}

vrrp_script ${name} {
  script "${directory}/${fileNames.check}"
  interval 1
  timeout 5
  fall 1
  rise 2
  init_fail
  weight ${unreadyWeight}
}

vrrp_instance ${name} {
  state BACKUP
  interface ${given.interface}
  virtual_router_id ${routerId}
  priority ${priority}
  advert_int ${advertEveryS}
${unicast}  virtual_ipaddress {
    ${given.address}
  }
  track_script {
    ${name}
  }
}
`;
}

/**
 * keepalived runs a check once a second; this one asks four times in that second, and gives up only after three
 * failures in a row: a gateway that is gone is found within half a second, and a lost packet is none.
 */
export function checkScript({ gatewayUrl }: VirtualIp): string {
  return `#!/bin/sh
${header} Exit code 0: the gateway of this host serves: a proxy takes the connection,
# and knows who lives (OPTIONS with Max-Forwards: 0 is the question; 503 is no). Needs curl.
# To move the address away on purpose: touch ${fileNames.away} beside this file; remove it to let it come back.
away="$(dirname "$0")/${fileNames.away}"

serves() {
  status=$(curl -sk -o /dev/null -w '%{http_code}' --max-time 0.4 --noproxy '*' \\
    -X OPTIONS --request-target '*' -H 'Max-Forwards: 0' '${gatewayUrl}')
  case "$status" in [1-4]??) return 0 ;; *) return 1 ;; esac
}

for round in 1 2 3 4; do
  [ -e "$away" ] && exit 1
  serves || { sleep 0.05; serves; } || { sleep 0.05; serves; } || exit 1
  [ "$round" = 4 ] || sleep 0.2
done
exit 0
`;
}

export interface VirtualIpWords {
  interface: string;
  virtualIp: string;
  priority: string;
  routerId: string;
  peers?: string;
}

/** Refuses what would be something else in the files than what it is meant to be. */
export function virtualIpOf(words: VirtualIpWords): Omit<VirtualIp, "gatewayUrl" | "directory"> {
  if (!/^[\w.-]{1,15}$/.test(words.interface))
    throw new Failure(`--interface ${words.interface}: is no name of an interface`, 2);
  const peers = (words.peers ?? "").split(",").filter((peer) => peer !== "");
  const family = familyOf("--virtual-ip", words.virtualIp);
  for (const peer of peers) {
    if (isIP(peer) !== family)
      throw new Failure(`--peers ${peer}: must be an address of the same family as --virtual-ip`, 2);
  }
  return {
    interface: words.interface,
    address: words.virtualIp,
    priority: whole("--priority", words.priority, 254),
    routerId: whole("--router-id", words.routerId, 255),
    peers,
  };
}

/**
 * Which of a gateway's doors is asked: one with TLS, if there is any, for its certificate has to be there as well for the gateway
 * to serve.
 */
export function doorToAsk(urls: readonly string[]): string | undefined {
  return urls.find((url) => url.startsWith("https:")) ?? urls[0];
}

/** As this host reaches it. */
export function gatewayUrlOf(text: string): string {
  const full = /^https?:\/\//.test(text) ? text : `http://${text.startsWith(":") ? "127.0.0.1" : ""}${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  // A name in a URL may hold quotes and all else that means something to a shell.
  if (url === undefined || !/^[\w.:[\]-]+$/.test(url.host))
    throw new Failure(`--gateway ${text}: must be as http://127.0.0.1:8080`, 2);
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  if (url.hostname === "[::]") url.hostname = "[::1]";
  return `${url.origin}/`;
}

function familyOf(option: string, text: string): number {
  const [address = "", length, ...rest] = text.split("/");
  const family = isIP(address);
  const bitsMax = family === 4 ? 32 : 128;
  const fits = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bitsMax);
  if (family !== 0 && fits && rest.length === 0) return family;
  throw new Failure(`${option} ${text}: must be an address, such as 10.0.0.100/24`, 2);
}

function whole(option: string, text: string, max: number): number {
  const value = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  throw new Failure(`${option} ${text}: must be a whole number from 1 to ${max}`, 2);
}
