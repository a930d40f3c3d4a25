import type { ChildRole } from "../../protocol/supervision.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import { leaderOf, pidsOf, trySignal } from "../cluster/gateway-process.ts";
import type { Stage } from "../cluster/stage.ts";
import type { Excuses } from "./tally.ts";

/** What one row does to a stage, and what of it excuses a failure. All signals are real ones. */
export class Scene {
  readonly stage: Stage;
  readonly clock: Clock;
  /** The place of the worker that the row is about. */
  readonly victim: number;
  /** Of the first fault. */
  struckAt: number | undefined;
  /** From then on another life stands in the victim's place, under the same name. */
  renewedAt: number | undefined;
  /** Processes of the gateway that were hit. */
  readonly struck: number[] = [];
  readonly excuses: Excuses = { proxiesLostAt: [], workersKilled: false };

  constructor(stage: Stage, victim: number, clock: Clock = systemClock) {
    this.stage = stage;
    this.victim = victim;
    this.clock = clock;
  }

  /** The worker's place, `offset` after the victim's. */
  place(offset: number): number {
    return (this.victim + offset) % this.stage.fleet.size;
  }

  get victimId(): string {
    return this.stage.fleet.idOf(this.victim);
  }

  /** Notes the time of the fault; call it right before the signal is sent. */
  strike(): void {
    this.struckAt ??= this.clock.now();
  }

  signalWorker(place: number, signal: NodeJS.Signals): void {
    this.strike();
    this.stage.fleet.at(place).kill(signal);
    // A plain worker has no handler for SIGTERM: it dies of it as it is.
    const deadly = signal === "SIGKILL" || (signal === "SIGTERM" && this.stage.fleet.kind === "plain");
    if (deadly) this.excuses.workersKilled = true;
  }

  signalGateway(pids: readonly number[], signal: NodeJS.Signals): void {
    if (pids.length === 0) throw new Error(`drill: there is no process to send ${signal} to`);
    this.strike();
    for (const pid of pids) trySignal(pid, signal);
    this.struck.push(...pids);
  }

  signalProxies(pids: readonly number[], signal: NodeJS.Signals): void {
    this.signalGateway(pids, signal);
    // After the signal: whatever such a proxy accepted, it accepted before.
    this.excuses.proxiesLostAt.push(this.clock.now());
  }

  /** Goes on with every stopped process of the gateway; those that are gone are gone. */
  continueGateway(): void {
    for (const pid of this.struck) trySignal(pid, "SIGCONT");
  }

  async pids(role: ChildRole): Promise<number[]> {
    return pidsOf(await this.stage.gateway.status(), role);
  }

  async leader(): Promise<number> {
    const pid = leaderOf(await this.stage.gateway.status());
    if (pid === undefined) throw new Error("drill: no controller leads");
    return pid;
  }

  async supervisor(): Promise<number> {
    return (await this.stage.gateway.status()).supervisor.pid;
  }
}
