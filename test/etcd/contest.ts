import type { TestContext } from "node:test";
import type { EtcdSettings } from "../../src/protocol/configuration.ts";
import { Election, type PublicRole } from "../../src/election/election.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { Handle } from "./handles.ts";

/** A controller's election over a handle of its own, and when it was told which role. */
export class Contender {
  readonly handle: Handle;
  readonly election: Election;
  readonly instance: string;
  readonly told: { role: PublicRole; at: number }[] = [];

  static async enter(t: TestContext, instance: string, settings: EtcdSettings): Promise<Contender> {
    const contender = new Contender(instance, await new Handle(t, settings).open());
    t.after(() => contender.election.resign());
    contender.election.start();
    return contender;
  }

  private constructor(instance: string, handle: Handle) {
    this.instance = instance;
    this.handle = handle;
    this.election = new Election({
      store: handle.store,
      clock: systemClock,
      instance,
      termFloor: () => 0,
      onRole: (role) => this.told.push({ role, at: performance.now() }),
      onError: () => {},
    });
  }

  get leads(): boolean {
    return this.election.lease !== undefined;
  }

  get term(): number {
    return this.election.role.term;
  }

  /** When it was last told this. */
  lastTold(kind: PublicRole["kind"]): number {
    return this.told.findLast(({ role }) => role.kind === kind)?.at ?? Number.NaN;
  }
}

/** `p50 12, max 30 ms of 10`. */
export function figures(times: readonly number[]): string {
  const sorted = times.toSorted((one, other) => one - other).map((ms) => Math.round(ms));
  return `p50 ${sorted[Math.floor(sorted.length / 2)]}, max ${sorted.at(-1)} ms of ${sorted.length}`;
}
