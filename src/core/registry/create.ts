import { noChecks } from "./apply.ts";
import { noFlaps } from "./flap.ts";
import type { Gate, Registration, Worker } from "./worker.ts";

/** A life begins here: not admitted before its first check, but where there is none. `before`: an earlier life. */
export function newWorker(
  registration: Registration,
  origin: Worker["origin"],
  gate: Gate,
  now: number,
  before: Worker | undefined,
): Worker {
  const admitted = gate.kind === "open";
  return {
    registration,
    origin,
    gate,
    admitted,
    renewedAt: now,
    session: "none",
    peers: [],
    sdk: false,
    blocked: false,
    asked: false,
    silence: undefined,
    evidence: undefined,
    checks: noChecks,
    probesFailed: 0,
    drain: { operator: before?.drain.operator ?? false, worker: false },
    left: false,
    dead: false,
    flaps: before?.flaps ?? noFlaps,
    state: admitted ? { kind: "live" } : { kind: "suspect", cause: "not-checked", strength: "hard" },
    stateSince: now,
    found: false,
  };
}
