import type { ClusterEvent, ClusterEventKind } from "../../src/protocol/events.ts";
import type { LiveWorker } from "../../src/protocol/live.ts";

export type WorkerState = LiveWorker["state"];

/** A time in one state. Until: the beginning of the next, or now. */
export interface Span {
  /** Undefined: nothing is known of that time. */
  state: WorkerState | undefined;
  from: number;
  until: number;
}

const stateAfter: Partial<Record<ClusterEventKind, WorkerState>> = {
  "worker-live": "live",
  "worker-suspect": "suspect",
  "worker-draining": "draining",
  "worker-left": "left",
  "worker-dead": "dead",
};

/**
 * How a worker was, from `from` until `now`, without a gap. `events`: its own, the newest first. What it is now is said by
 * the registry, `since` when as well; what it was before the first event that is known, nobody says.
 */
export function spansOf(
  events: readonly ClusterEvent[],
  current: { state: WorkerState; since: number } | undefined,
  from: number,
  now: number,
): Span[] {
  const changes: { state: WorkerState | undefined; at: number }[] = events
    .flatMap(({ kind, at }) => {
      const state = kind === "worker-forgotten" ? "forgotten" : stateAfter[kind];
      const time = Date.parse(at);
      if (state === undefined || Number.isNaN(time)) return [];
      return [{ state: state === "forgotten" ? undefined : state, at: time }];
    })
    .sort((one, other) => one.at - other.at);
  // Told by a host whose clock is ahead: the registry alone knows when the last one was.
  if ((changes.at(-1)?.at ?? 0) > now) {
    const latest = Math.min(current?.since ?? now, now);
    for (const change of changes) change.at = Math.min(change.at, latest);
  }
  if (current !== undefined && changes.at(-1)?.state !== current.state) {
    changes.push({ state: current.state, at: Math.max(current.since, changes.at(-1)?.at ?? -Infinity) });
  }
  const spans: Span[] = [];
  let span: Span = { state: undefined, from, until: now };
  for (const { state, at } of changes) {
    const until = Math.min(Math.max(at, from), now);
    if (until > span.from) spans.push({ ...span, until });
    span = { state, from: until, until: now };
  }
  return [...spans, span].filter((one) => one.until > one.from);
}

/** The same by the clock of the host that wrote the events, whatever the reader's clock says. Worker: as that one counts. */
export function spansByHost(
  events: readonly ClusterEvent[],
  worker: { state: WorkerState; since: number } | undefined,
  reader: { now: number; aheadMs: number },
  rangeMs: number,
): Span[] {
  const now = reader.now + reader.aheadMs;
  const current = worker && { state: worker.state, since: worker.since + reader.aheadMs };
  return spansOf(events, current, now - rangeMs, now);
}

/** For how long it was in which state, the longest first. */
export function timeIn(spans: readonly Span[]): { state: WorkerState; ms: number }[] {
  const sums = new Map<WorkerState, number>();
  for (const { state, from, until } of spans) {
    if (state !== undefined) sums.set(state, (sums.get(state) ?? 0) + until - from);
  }
  return [...sums].map(([state, ms]) => ({ state, ms })).sort((one, other) => other.ms - one.ms);
}
