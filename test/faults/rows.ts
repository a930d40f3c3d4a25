import type { Row } from "./row.ts";
import { beatsLost } from "./rows/beats-lost.ts";
import { etcdLeaderKilled, etcdQuorumLost } from "./rows/etcd-members.ts";
import { crowdReturns } from "./rows/crowd-returns.ts";
import { diskFull, syncFails } from "./rows/disk.ts";
import { keysDeleted, leasesRevoked } from "./rows/etcd-emptied.ts";
import { etcdMemberPaused } from "./rows/etcd-paused.ts";
import { etcdRestored } from "./rows/etcd-restored.ts";
import { drilledRows } from "./rows/drilled.ts";
import { gatewayHostDies } from "./rows/gateway-host-dies.ts";
import { joinIsSeenElsewhere } from "./rows/join-elsewhere.ts";
import { leaderCutFromEtcd } from "./rows/leader-cut-from-etcd.ts";
import { leadersDieTogether } from "./rows/leaders-together.ts";
import { mostWorkersKilled } from "./rows/mass-kill.ts";
import { packetLoss } from "./rows/packet-loss.ts";
import { halfOpenWorker, oneWayToWorker } from "./rows/unreachable-worker.ts";
import { virtualIpRows } from "./rows/virtual-ip.ts";
import { wallClockMoves } from "./rows/wall-clock.ts";

export const rows: readonly Row[] = [
  ...drilledRows,
  leaderCutFromEtcd,
  etcdLeaderKilled,
  etcdQuorumLost,
  etcdMemberPaused,
  leasesRevoked,
  keysDeleted,
  etcdRestored,
  leadersDieTogether,
  oneWayToWorker,
  halfOpenWorker,
  beatsLost,
  gatewayHostDies,
  packetLoss(5, 0, "plain"),
  packetLoss(10, 0, "plain"),
  packetLoss(30, 1, "plain"),
  packetLoss(5, 0, "sdk"),
  packetLoss(10, 0, "sdk"),
  packetLoss(30, 1, "sdk"),
  wallClockMoves,
  joinIsSeenElsewhere,
  mostWorkersKilled,
  crowdReturns,
  diskFull,
  syncFails,
  ...virtualIpRows,
];

/** Rows by their names, in the laboratory's order; all without a name. Throws on a name that no row has. */
export function rowsNamed(names: readonly string[]): readonly Row[] {
  const unknown = names.filter((name) => !rows.some((row) => row.name === name));
  if (unknown.length > 0) {
    const known = rows.map(({ name }) => name).join(", ");
    throw new Error(`no row is called ${unknown.join(", ")}; there are ${known}`);
  }
  return names.length === 0 ? rows : rows.filter(({ name }) => names.includes(name));
}
