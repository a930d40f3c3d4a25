import type { GatewayConfiguration } from "../protocol/configuration.ts";
import type { ChildRole } from "../protocol/supervision.ts";
import { isAlive } from "../runtime/process-identity.ts";
import { type Child, type Plan, startPlan } from "./plan.ts";
import { helloWithin } from "./silence.ts";
import type { ChildRecord, ChildrenRecord } from "./state-directory.ts";

const unknownChildrenWithinMs = 1_000;
const drainWithinMs = 30_000;

export function wantedBy(configuration: GatewayConfiguration): Record<ChildRole, number> {
  return { proxy: configuration.proxies, controller: configuration.controllers };
}

/** The plan of a supervisor that follows another one: with the children that were left and still live. */
export function adoptedPlan(
  configuration: GatewayConfiguration,
  record: ChildrenRecord | null,
  now: number,
): Plan {
  const want = wantedBy(configuration);
  // Without a record nobody knows who lives: the living are given time to say hello.
  if (record === null) return startPlan(now, { want, startNothingBefore: now + unknownChildrenWithinMs });
  const children = record.children.filter((child) => isAlive(child)).map((child) => adopted(child, now));
  const { epoch, termSeen, stopping } = record;
  const mode: Plan["mode"] = stopping ? { kind: "stopping", urgent: false } : { kind: "running" };
  return startPlan(now, { want, children, epoch, termSeen, mode });
}

function adopted(
  { role, name, epoch, pid, started, draining, restarts = 0 }: ChildRecord,
  now: number,
): Child {
  return {
    role,
    name,
    epoch,
    phase: draining ? { kind: "draining", until: now + drainWithinMs } : { kind: "awaited" },
    identity: { pid, started },
    instance: null,
    version: null,
    connected: false,
    bornAt: now,
    helloWithinMs: helloWithin({ failures: 0 }),
    restarts,
    heardAt: now,
    term: 0,
    leader: false,
  };
}
