import { type Effect, type WorkerEvent, messageOf } from "./events.ts";
import { noteOut } from "./flap.ts";
import { judge, neededProbe, probeDelayMs, sameState } from "./judge.ts";
import { applyEvent } from "./apply.ts";
import { staysFound } from "./since.ts";
import type { Surroundings, Worker } from "./worker.ts";

export interface Step {
  readonly worker: Worker;
  readonly effects: readonly Effect[];
}

const nothing: readonly Effect[] = [];

/**
 * One event in the life of a worker: changes facts, judges the state anew, and says what is to be done. The same
 * worker object comes back when nothing changed.
 */
export function stepWorker(before: Worker, event: WorkerEvent, around: Surroundings): Step {
  const effects: Effect[] = [];
  const changed = applyEvent(before, event, around, effects);
  if (changed === before) return { worker: before, effects: effects.length === 0 ? nothing : effects };
  const worker = settle(before, changed, around);
  if (worker.state !== before.state) effects.push(...announce(before, worker, around));
  tellPeers(before, worker, event, effects);
  askProbe(before, worker, event, effects);
  return { worker, effects: effects.length === 0 ? nothing : effects };
}

/** Judges the state; counts an end of being live as a flap where it is one. */
function settle(before: Worker, changed: Worker, around: Surroundings): Worker {
  const state = judge(changed, around.now);
  if (sameState(state, before.state)) return changed;
  const next = { state, stateSince: around.now, found: staysFound(before) };
  if (before.state.kind !== "live" || state.kind !== "suspect") return { ...changed, ...next };
  // Its own word, and over when it says so. What it loses by standing still at times the balancer weighs better.
  if (state.cause === "blocked") return { ...changed, ...next };
  const livedMs = around.now - before.stateSince;
  const flaps = noteOut(changed.flaps, livedMs, around.now, around.mayHold);
  return { ...changed, flaps, ...next };
}

function announce(before: Worker, worker: Worker, { ownTls }: Surroundings): Effect[] {
  const { state } = worker;
  const message = messageOf(worker, ownTls === true);
  switch (state.kind) {
    case "live":
      return [{ kind: "event", event: before.drain.operator ? "worker-undrained" : "worker-live", message }];
    case "suspect":
      if (state.cause === "not-checked") return [];
      return [{ kind: "event", event: state.cause === "held" ? "worker-held" : "worker-suspect", message }];
    case "draining":
      return [{ kind: "event", event: "worker-draining", message }];
    case "left":
      return [{ kind: "event", event: "worker-left", message }];
    case "dead":
      return [{ kind: "event", event: "worker-dead", message }];
  }
}

/** Peers hear of what this controller learned itself: its session, and the worker's own words. Who left by its word has no session. */
function tellPeers(before: Worker, worker: Worker, event: WorkerEvent, effects: Effect[]): void {
  const held = worker.session === "held" && worker.admitted && !worker.left;
  const heldBefore = before.session === "held" && before.admitted && !before.left;
  const renewed = before.blocked !== worker.blocked || before.registration !== worker.registration;
  if (held && (!heldBefore || renewed)) effects.push({ kind: "tell", what: "held" });
  if (!held && heldBefore && event.kind !== "leave") effects.push({ kind: "tell", what: "not-held" });
}

/** Keeps exactly one probe asked for while one could bring the worker back. */
function askProbe(before: Worker, worker: Worker, event: WorkerEvent, effects: Effect[]): void {
  const needed = neededProbe(worker);
  if (needed === undefined || effects.some((effect) => effect.kind === "probe")) return;
  const answered = event.kind === "probe-refused" || event.kind === "probe-silent";
  if (needed === neededProbe(before) && !answered && event.kind !== "probe-connected") return;
  effects.push({ kind: "probe", how: needed, afterMs: probeDelayMs(worker) });
}
