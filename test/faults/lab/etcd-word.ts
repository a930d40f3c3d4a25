import { eventually } from "../../../src/demo/wait.ts";
import { command } from "./command.ts";
import type { LabHost } from "./host.ts";

/** What a member of etcd answers on its JSON gateway: asked on its own host, past every fault. */
export function askEtcd(host: LabHost, path: string, body: object = {}): Record<string, unknown> {
  const url = `http://${host.address}:2379${path}`;
  const text = onHost(host, "curl", "-sf", "--max-time", "5", "-d", JSON.stringify(body), url);
  return JSON.parse(text) as Record<string, unknown>;
}

/** How many transactions have written something to it since it began, and how many of them were a controller's beat. */
export function writesOf(host: LabHost): { all: number; beats: number } {
  const everything = { key: "AA==", range_end: "AA==", keys_only: true };
  const { header, kvs } = askEtcd(host, "/v3/kv/range", everything) as {
    header: { revision: string };
    kvs: { key: string; version: string }[];
  };
  const beats = kvs.filter(({ key }) => Buffer.from(key, "base64").includes("/beats/"));
  const sum = beats.reduce((all, { version }) => all + Number(version), 0);
  return { all: Number(header.revision), beats: sum };
}

/** Which of these hosts has etcd's leader, by the members' own word. */
export async function etcdLeader(hosts: readonly LabHost[]): Promise<number> {
  const index = await eventually(
    () => {
      const at = hosts.findIndex((host) => {
        const text = onHost(host, "curl", "-sf", "--max-time", "1", `http://${host.address}:2381/metrics`);
        return /^etcd_server_is_leader 1$/m.test(text);
      });
      return at === -1 ? undefined : at;
    },
    { withinMs: 10_000 },
  );
  if (index === undefined) throw new Error("lab: etcd has no leader");
  return index;
}

/** Of which member a gateway's controller is a client now: where most of its connections go. */
export function memberOf(gateway: LabHost, members: readonly LabHost[]): number {
  const lines = onHost(gateway, "ss", "-Htn", "state", "established").split("\n");
  const counts = members.map(
    ({ address }) => lines.filter((line) => line.includes(`${address}:2379`)).length,
  );
  return counts.indexOf(Math.max(...counts));
}

/** Makes another member etcd's leader, where this one is. */
export async function takeLeadFrom(hosts: readonly LabHost[], index: number): Promise<void> {
  const leader = await etcdLeader(hosts);
  if (leader !== index) return;
  const heir = hosts[(index + 1) % hosts.length];
  const holder = hosts[leader];
  if (heir === undefined || holder === undefined) throw new Error("lab: etcd has one member only");
  const { header } = askEtcd(heir, "/v3/maintenance/status") as { header: { member_id: string } };
  askEtcd(holder, "/v3/maintenance/transfer-leadership", { targetID: header.member_id });
}

function onHost({ launcher }: LabHost, ...words: string[]): string {
  const [file = "", ...args] = [...launcher, ...words];
  return command(file, ...args);
}
