import type { ChildRole } from "../protocol/supervision.ts";
import { activeOf, type Child, childNamed, type Effect, type Event, type Plan, startPlan } from "./plan.ts";
import { step } from "./step.ts";

/**
 * A plan under virtual time with processes that exist only as numbers: for tests. What is started says hello and
 * `ready` when `settle` is called, and answers pings unless its name is in `mute`.
 */
export class PlanRun {
  plan: Plan;
  now = 0;
  readonly mute = new Set<string>();
  readonly effects: Effect[] = [];
  #pids = 100;

  constructor(known: Partial<Plan> & Pick<Plan, "want">) {
    this.plan = startPlan(this.now, known);
  }

  /** The effects of this event alone. */
  send(event: Event): Effect[] {
    const { plan, effects } = step(this.plan, event, this.now);
    this.plan = plan;
    this.effects.push(...effects);
    const caused = [...effects];
    for (const effect of effects) {
      if (effect.do !== "spawn") continue;
      this.#pids += 1;
      caused.push(
        ...this.send({ t: "spawned", name: effect.name, identity: { pid: this.#pids, started: "s" } }),
      );
    }
    return caused;
  }

  /** Ticks every 250 ms; whoever is not mute answers before each tick. */
  run(ms: number): Effect[] {
    const caused: Effect[] = [];
    for (const end = this.now + ms; this.now < end;) {
      this.now += 250;
      for (const child of this.plan.children) {
        if (child.connected && !this.mute.has(child.name)) caused.push(...this.send(pong(child)));
      }
      caused.push(...this.send({ t: "tick" }));
    }
    return caused;
  }

  hello(name: string, role: ChildRole, epoch = 1): Effect[] {
    const known = childNamed(this.plan, name);
    const identity = known?.identity ?? { pid: (this.#pids += 1), started: "s" };
    return this.send({
      t: "hello",
      role,
      name,
      identity,
      instance: `i-${identity.pid}`,
      version: "1",
      epoch,
    });
  }

  /** Everything that was started becomes ready. */
  settle(): Effect[] {
    const caused: Effect[] = [];
    for (let child = this.#unready(); child !== undefined; child = this.#unready()) {
      caused.push(...this.hello(child.name, child.role, child.epoch));
      caused.push(...this.send({ t: "ready", name: child.name }));
    }
    return caused;
  }

  #unready(): Child | undefined {
    return this.plan.children.find(
      ({ phase, name }) => (phase.kind === "starting" || phase.kind === "awaited") && !this.mute.has(name),
    );
  }

  exit(name: string, code: number | null = null): Effect[] {
    return this.send({ t: "exited", name, code, signal: code === null ? "SIGKILL" : null });
  }

  names(role: ChildRole): string[] {
    return activeOf(this.plan, role).map(({ name }) => name);
  }

  lead(name: string, term: number): void {
    this.send({ t: "pong", name, term, leader: true });
  }
}

function pong({ name, term, leader }: Child): Event {
  return { t: "pong", name, term, leader };
}

export function spawned(effects: Effect[]): string[] {
  return effects.flatMap((effect) => (effect.do === "spawn" ? [effect.name] : []));
}

export function killed(effects: Effect[]): string[] {
  return effects.flatMap((effect) => (effect.do === "kill" ? [effect.name] : []));
}

export function drained(effects: Effect[]): string[] {
  return effects.flatMap((effect) =>
    effect.do === "send" && effect.frame.t === "drain" ? [effect.name] : [],
  );
}
