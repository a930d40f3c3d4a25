import type { PeerNetwork } from "../peers/network.ts";
import type { Peer } from "../peers/peers.ts";
import type { RequestRecord, RequestsFound, RequestsWanted } from "../protocol/requests.ts";
import type { ProxyQuestions } from "./proxy-questions.ts";

/** Asks our own proxies, and with `peers` every other controller of the cluster for those that are attached to it. */
export async function findRequests(
  wanted: RequestsWanted,
  own: ProxyQuestions,
  peers: PeerNetwork | undefined,
): Promise<RequestsFound> {
  const others = peers?.peers.map((peer) => askPeer(peers, peer, wanted)) ?? [];
  const parts = await Promise.all([own.ask(wanted), ...others]);
  return {
    v: 1,
    records: merged(
      parts.flatMap(({ records }) => records),
      wanted,
    ),
    asked: {
      proxies: parts.flatMap(({ asked }) => asked.proxies).sort(),
      silent: parts.flatMap(({ asked }) => asked.silent),
    },
  };
}

/** One that does not answer, or is too old to, is named: what its proxies know is missing then. */
async function askPeer(peers: PeerNetwork, peer: Peer, wanted: RequestsWanted): Promise<RequestsFound> {
  const silent: RequestsFound = { v: 1, records: [], asked: { proxies: [], silent: [peer.name] } };
  try {
    const request = { method: "POST", target: "/v1/records", body: JSON.stringify(wanted) };
    const { status, body } = await peers.ask(peer, request);
    return status === 200 ? (JSON.parse(body) as RequestsFound) : silent;
  } catch {
    return silent;
  }
}

/** A proxy that just changed its controller may have answered both. */
function merged(records: readonly RequestRecord[], wanted: RequestsWanted): RequestRecord[] {
  const once = new Map(records.map((record) => [`${record.proxy} ${record.id} ${record.at}`, record]));
  const order =
    wanted.slowest === true
      ? (one: RequestRecord, other: RequestRecord) => other.tookMs - one.tookMs
      : (one: RequestRecord, other: RequestRecord) => Date.parse(other.at) - Date.parse(one.at);
  return [...once.values()].sort(order).slice(0, wanted.limit);
}
