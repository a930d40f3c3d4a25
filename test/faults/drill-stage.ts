import { eventually } from "../../src/demo/wait.ts";
import { Stage } from "../../src/demo/cluster/stage.ts";
import type { WorkerKind } from "../../src/demo/cluster/worker-process.ts";
import type { Destination, Site } from "./site.ts";

/** The cluster of the drill, on this host and its loopback alone, as a site of the laboratory. */
export class DrillStage implements Site {
  readonly stage: Stage;
  readonly client = { launcher: [] };
  /** The next worker to be hit: each in its turn, for who comes and goes often is held out for a while. */
  #victim = 0;

  static async start(kind: WorkerKind): Promise<DrillStage> {
    const stage = await Stage.open({ kind });
    try {
      await stage.start(60_000);
      return new DrillStage(stage);
    } catch (error) {
      await stage.stop();
      throw error;
    }
  }

  private constructor(stage: Stage) {
    this.stage = stage;
  }

  get ledgers(): string {
    return this.stage.ledgerDirectory;
  }

  get destinations(): Destination[] {
    return [{ name: "gateway", to: { host: "127.0.0.1", port: this.stage.listenPort } }];
  }

  nextVictim(): number {
    this.#victim += 1;
    return this.#victim % this.stage.fleet.size;
  }

  async whole(withinMs: number): Promise<void> {
    const whole = await eventually(async () => await this.stage.whole(), { withinMs });
    if (whole === undefined) throw new Error(`not whole: ${await this.stage.describe()}`);
  }

  heal(): void {}

  async stop(): Promise<void> {
    await this.stage.stop();
  }
}
