import { Generator } from "../../src/demo/load/generator.ts";
import type { LoadOptions } from "../../src/demo/load/open-loop.ts";
import type { RequestRecord } from "../../src/demo/load/record.ts";
import type { LabCluster } from "./lab-cluster.ts";
import { gatewayPort, type LabGateway } from "./lab-gateway.ts";
import type { Row } from "./row.ts";

let plays = 0;

/**
 * The open-loop load of one row. To each gateway by itself nothing is repeated by the client, so that what a fault does to a
 * request is seen; through the SDK's client what the service's callers see.
 */
export class Loads {
  readonly #cluster: LabCluster;
  readonly #row: Row;
  readonly #generators = new Map<string, { generator: Generator; target: LoadOptions["target"] }>();

  constructor(cluster: LabCluster, row: Row) {
    plays += 1;
    this.#cluster = cluster;
    this.#row = row;
    if (row.load === undefined) {
      for (const { host } of cluster.gateways)
        this.#add(host.name, { host: host.address, port: gatewayPort });
    } else {
      const gateways = cluster.gateways.map(({ host }) => `${host.address}:${gatewayPort}`);
      this.#add("client", { client: { gateways } });
    }
  }

  async start(perSecond: number): Promise<void> {
    const shares = { postShare: 0.2, freshShare: 0.1, connections: 16, timeoutMs: 10_000 };
    for (const [to, { generator, target }] of this.#generators) {
      const name = `${this.#row.name}-${process.pid}-${plays}-${to}`;
      await generator.start({ target, name, perSecond, ...shares });
    }
  }

  records(gateway?: LabGateway): readonly RequestRecord[] {
    if (gateway !== undefined) return this.#generators.get(gateway.host.name)?.generator.records ?? [];
    return [...this.#generators.values()].flatMap(({ generator }) => generator.records);
  }

  /** Resolves when every request has ended, to what is wrong with the load itself. */
  async stop(): Promise<string[]> {
    const wrong: string[] = [];
    for (const { generator } of this.#generators.values()) {
      const { sent, planned } = await generator.stop();
      const ended = generator.records.length;
      if (sent !== planned || ended !== sent) wrong.push(`${planned} planned, ${sent} sent, ${ended} ended`);
    }
    return wrong;
  }

  close(): void {
    for (const { generator } of this.#generators.values()) generator.close();
  }

  #add(to: string, target: LoadOptions["target"]): void {
    this.#generators.set(to, { generator: new Generator(this.#cluster.client.launcher), target });
  }
}
