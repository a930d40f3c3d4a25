import { pause } from "../../../src/demo/wait.ts";
import { type LabCluster, openClusterWithClocks } from "../lab-cluster.ts";
import { command } from "../lab/command.ts";
import { gatewayPort } from "../lab-gateway.ts";
import { nothingMore, type Row, type Scene } from "../row.ts";

const hourMs = 3_600_000;
const slackMs = 60_000;

/** Each in turn an hour ahead, an hour behind and back: the gateways' hosts with all their processes, and the workers. */
export const wallClockMoves: Row<LabCluster> = {
  name: "wall-clock",
  title: "the wall clock of each host moves by an hour, to and fro",
  open: openClusterWithClocks,
  async play(scene) {
    const { site: cluster, clock } = scene;
    const { leader } = await cluster.leader();
    const term = await leader.term();
    const struckAt = clock.now();
    const names = [...cluster.gateways.map(({ host }) => host.name), "workers"];
    for (const name of names) {
      await move(scene, name, 1, names.length);
      await move(scene, name, -1, names.length);
      cluster.clocks.set(name, "+0");
    }
    const changes = cluster.gateways.flatMap(({ tables }) => tables.changesSince(struckAt));
    scene.figure({ name: "changes of the tables", unit: "count", value: changes.length, limit: 0 });
    const terms = (await leader.term()) - term;
    scene.figure({ name: "changes of the leader", unit: "count", value: terms, limit: 0 });
    if ((await leader.leads()) !== true) scene.complain("the leader leads no more");
    return nothingMore;
  },
};

/** Moves one clock, and makes sure that its processes go by it. */
async function move(scene: Scene<LabCluster>, name: string, hours: 1 | -1, shares: number): Promise<void> {
  const { site: cluster, holdMs } = scene;
  cluster.clocks.set(name, `${hours > 0 ? "+" : "-"}1h`);
  // An answer's date is made once a second.
  await pause(Math.max(1_500, holdMs / (2 * shares)));
  const offMs = dateSeen(cluster, name) - Date.now();
  if (Math.abs(offMs - hours * hourMs) > slackMs)
    scene.complain(`the clock of ${name} is off by ${offMs} ms`);
}

/** As clients see it. Without a host the gateway answers by itself, else a worker does. */
function dateSeen(cluster: LabCluster, name: string): number {
  const gateway = cluster.gateways.find(({ host }) => host.name === name);
  const [first] = cluster.gateways;
  const address = (gateway ?? first)?.host.address ?? "";
  const [file = "", ...launcher] = cluster.client.launcher;
  const own = gateway === undefined ? [] : ["-H", "Host:"];
  const url = `http://${address}:${gatewayPort}/healthz`;
  const answer = command(file, ...launcher, "curl", "-si", "--max-time", "5", ...own, url);
  return Date.parse(/^date: (.*)$/im.exec(answer)?.[1] ?? "");
}
