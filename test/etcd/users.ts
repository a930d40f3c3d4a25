import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { EtcdCluster } from "./etcd-cluster.ts";
import { temporary } from "./handles.ts";
import { ask } from "./raw.ts";

export const rootPassword = "root-secret";

/** An etcd with users: `root`, and `skein` (password `secret`), who may use one prefix. */
export async function clusterWithUsers(t: TestContext, members = 1): Promise<EtcdCluster> {
  const cluster = await EtcdCluster.start({ members });
  t.after(() => cluster.end());
  const { endpoint } = cluster.members[0]!;
  const add = (path: string, body: Record<string, unknown>) => ask(endpoint, `/v3/auth/${path}`, body);
  await add("user/add", { name: "root", password: rootPassword });
  await add("user/grant", { user: "root", role: "root" });
  await add("role/add", { name: "mine" });
  const [key, range_end] = ["skein/", "skein0"].map((text) => Buffer.from(text).toString("base64"));
  await add("role/grant", { name: "mine", perm: { permType: "READWRITE", key, range_end } });
  await add("user/add", { name: "skein", password: "secret" });
  await add("user/grant", { user: "skein", role: "mine" });
  await add("enable", {});
  return cluster;
}

export function passwordFile(t: TestContext, password: string): string {
  const file = join(temporary(t), "password");
  writeFileSync(file, `${password}\n`);
  return file;
}
