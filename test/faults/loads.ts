import { Generator } from "../../src/demo/load/generator.ts";
import type { RequestRecord } from "../../src/demo/load/record.ts";
import type { Launcher } from "../../src/demo/cluster/launcher.ts";
import type { Destination } from "./site.ts";

let plays = 0;

/** The open-loop loads of one play of a row: one to each destination, by itself. */
export class Loads {
  readonly #loads: { generator: Generator; destination: Destination }[];

  constructor(launcher: Launcher, destinations: readonly Destination[]) {
    plays += 1;
    this.#loads = destinations.map((destination) => ({ generator: new Generator(launcher), destination }));
  }

  async start(perSecond: number): Promise<void> {
    const shares = { postShare: 0.2, freshShare: 0.1, connections: 16, timeoutMs: 10_000 };
    for (const { generator, destination } of this.#loads) {
      const name = `${destination.name}-${process.pid}-${plays}`;
      await generator.start({ target: destination.to, name, perSecond, ...shares });
    }
  }

  records(destination: string): readonly RequestRecord[] {
    const found = this.#loads.find((load) => load.destination.name === destination);
    if (found === undefined) throw new Error(`lab: nothing was sent to ${destination}`);
    return found.generator.records;
  }

  /** Resolves when every request has ended, to what is wrong with the loads themselves. */
  async stop(): Promise<string[]> {
    const wrong: string[] = [];
    for (const { generator } of this.#loads) {
      const { sent, planned } = await generator.stop();
      const ended = generator.records.length;
      if (sent !== planned || ended !== sent) wrong.push(`${planned} planned, ${sent} sent, ${ended} ended`);
    }
    return wrong;
  }

  close(): void {
    for (const { generator } of this.#loads) generator.close();
  }
}
