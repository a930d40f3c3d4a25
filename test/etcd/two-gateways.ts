import { readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import type {
  ControllersReply,
  ControllerView,
  StoreReply,
  WorkersReply,
} from "../../src/protocol/discovery.ts";
import { eventually, startPlainWorker, TestGateway } from "../e2e/harness.ts";
import { EtcdCluster } from "./etcd-cluster.ts";

/** Of each gateway with this etcd, before one configured worker. */
export function configurationWith(cluster: EtcdCluster, worker: string): Record<string, unknown> {
  return {
    store: `etcd://${cluster.endpoints.join(",")}`,
    services: { web: { workers: [worker], check: false } },
    proxies: 1,
    controllers: 1,
  };
}

/** Two gateways with one etcd and one configured worker, as two hosts would have them. */
export class TwoGateways {
  readonly cluster: EtcdCluster;
  readonly one: TestGateway;
  readonly other: TestGateway;
  /** Of the worker; also its id. */
  readonly address: string;
  /** Of both. */
  readonly configuration: Record<string, unknown>;

  static async start(t: TestContext): Promise<TwoGateways> {
    const cluster = await EtcdCluster.start();
    t.after(() => cluster.end());
    const { address } = await startPlainWorker(t);
    const configuration = configurationWith(cluster, address);
    const one = await TestGateway.start(t, { configuration });
    await eventually(
      async () => (await leaderAt(one))?.self || undefined,
      () => "the first to come leads",
    );
    const other = await TestGateway.start(t, { configuration });
    return new TwoGateways(cluster, { one, other }, address, configuration);
  }

  private constructor(
    cluster: EtcdCluster,
    gateways: { one: TestGateway; other: TestGateway },
    address: string,
    configuration: Record<string, unknown>,
  ) {
    this.cluster = cluster;
    this.one = gateways.one;
    this.other = gateways.other;
    this.address = address;
    this.configuration = configuration;
  }

  get gateways(): TestGateway[] {
    return [this.one, this.other];
  }

  /** Waits until both see the worker so. */
  async untilState(state: string): Promise<void> {
    for (const gateway of this.gateways) {
      await eventually(
        async () => {
          const { workers } = await read<WorkersReply>(gateway, "/v1/workers");
          return workers[0]?.state === state || undefined;
        },
        () => `the worker is ${state}`,
      );
    }
  }
}

export async function read<Reply>(gateway: TestGateway, path: string): Promise<Reply> {
  const response = await fetch(`${gateway.controlUrl}${path}`);
  return (await response.json()) as Reply;
}

export async function change(
  gateway: TestGateway,
  path: string,
): Promise<{ status: number; detail: string }> {
  const token = readFileSync(gateway.places.tokenFile, "utf8").trim();
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const response = await fetch(`${gateway.controlUrl}${path}`, { method: "POST", headers, body: "{}" });
  const { detail = "" } = (await response.json()) as { detail?: string };
  return { status: response.status, detail };
}

/** Who leads, as this gateway sees it. */
export async function leaderAt(gateway: TestGateway): Promise<ControllerView | undefined> {
  const { controllers } = await read<ControllersReply>(gateway, "/v1/controllers");
  return controllers.find(({ role }) => role === "leader");
}

export function untilLeader(
  gateway: TestGateway,
  is: (leader: ControllerView) => boolean,
): Promise<ControllerView> {
  return eventually(
    async () => {
      const leader = await leaderAt(gateway).catch(() => undefined);
      return leader !== undefined && is(leader) ? leader : undefined;
    },
    () => "somebody leads",
  );
}

export function untilStore(gateway: TestGateway, condition: StoreReply["condition"]): Promise<StoreReply> {
  return eventually(
    async () => {
      const reply = await read<StoreReply>(gateway, "/v1/store").catch(() => undefined);
      return reply?.condition === condition ? reply : undefined;
    },
    () => `the store is ${condition}`,
  );
}
