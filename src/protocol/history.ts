import type { WorkerView } from "./discovery.ts";
import type { ClusterEvent } from "./events.ts";

/** A worker at a moment that is over, as far as the events tell. */
export interface PastWorker {
  service: string;
  id: string;
  /** `unknown`: what is remembered of it does not reach back so far. */
  state: WorkerView["state"] | "unknown";
  cause?: string;
  address?: string;
  /** When it came into this state, ISO 8601; unset: before anything that is remembered. */
  since?: string;
  /** The sentence that told it. */
  reason?: string;
}

export interface PastCluster {
  leader: string | undefined;
  workers: PastWorker[];
}

type Present = Pick<WorkerView, "service" | "id" | "address" | "state" | "cause" | "stateForMs">;

/**
 * What was so at a moment, from all events that are remembered, oldest first, and from what is so now: a worker to which
 * nothing has happened since was then as it is. Moments are ISO 8601 in UTC, which compare as text.
 */
export function clusterAt(
  at: string,
  events: readonly ClusterEvent[],
  present: readonly Present[],
  now: string,
): PastCluster {
  const workers = new Map<string, PastWorker>();
  const later = new Map<string, ClusterEvent>();
  /** Whoever leads has told nothing of them. */
  const untold = new Set<string>();
  let leader: string | undefined;
  for (const event of events) {
    const key = keyOf(event);
    if (event.at > at) {
      if (key !== undefined && !later.has(key)) later.set(key, event);
    } else if (key !== undefined) {
      happened(workers, key, event);
      untold.delete(key);
    } else if (event.kind === "leader-elected") {
      leader = leaderIn(event);
      for (const known of workers.keys()) untold.add(known);
    } else if (event.kind === "leader-resigned") leader = undefined;
  }
  for (const worker of present) untold.delete(nameOf(worker));
  for (const key of untold) if (!later.has(key)) lose(workers, key);
  for (const worker of present) {
    const key = nameOf(worker);
    const next = later.get(key)?.kind;
    // Who joined afterwards was not there.
    if (workers.has(key) || next === "worker-joined") continue;
    workers.set(key, unmentioned(worker, next === undefined && stateBegan(worker, now) <= at));
  }
  const sorted = [...workers.values()].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  return { leader, workers: sorted };
}

function happened(workers: Map<string, PastWorker>, key: string, event: ClusterEvent): void {
  const { service = "", worker: id = "", data = {} } = event;
  if (event.kind === "worker-forgotten") return void workers.delete(key);
  const state = stateAfter(event);
  if (state === undefined) return;
  const address = data["address"];
  const cause = event.kind === "worker-joined" ? "not-checked" : data["cause"];
  workers.set(key, {
    service,
    id,
    state,
    ...(state === "suspect" && cause !== undefined ? { cause: String(cause) } : {}),
    ...(address === undefined ? {} : { address: String(address) }),
    since: event.at,
    reason: event.message,
  });
}

/**
 * A worker that is not there now, though nobody told that it is forgotten: it ended while no controller ran. Since the next
 * leader it may have been so already.
 */
function lose(workers: Map<string, PastWorker>, key: string): void {
  const worker = workers.get(key);
  if (worker === undefined) return;
  const { service, id, address, state } = worker;
  if (state === "left" || state === "dead") workers.delete(key);
  else workers.set(key, { service, id, ...(address === undefined ? {} : { address }), state: "unknown" });
}

/** Undefined: it did not change its state. */
function stateAfter({ kind, data }: ClusterEvent): WorkerView["state"] | undefined {
  switch (kind) {
    case "worker-joined":
      return data?.["state"] === "live" ? "live" : "suspect";
    case "worker-live":
    case "worker-undrained":
      return "live";
    case "worker-suspect":
    case "worker-held":
      return "suspect";
    case "worker-draining":
      return "draining";
    case "worker-left":
      return "left";
    case "worker-dead":
      return "dead";
    default:
      return undefined;
  }
}

function unmentioned({ service, id, address, state, cause }: Present, unchanged: boolean): PastWorker {
  if (!unchanged) return { service, id, address, state: "unknown" };
  return { service, id, address, state, ...(cause === undefined ? {} : { cause }) };
}

function stateBegan({ stateForMs }: Present, now: string): string {
  return new Date(Date.parse(now) - stateForMs).toISOString();
}

/** What became of one worker between two moments. */
export interface WorkerChange {
  service: string;
  id: string;
  /** Null: it was not there. */
  before: PastWorker | null;
  after: PastWorker | null;
  /** What happened to it between, with the reasons. */
  events: ClusterEvent[];
}

export interface ClusterChange {
  workers: WorkerChange[];
  /** What happened to no worker in particular: leaderships, configurations, the store. */
  events: ClusterEvent[];
}

/** Workers that are otherwise than they were, or to which something happened between. */
export function changesBetween(
  from: { at: string; cluster: PastCluster },
  to: { at: string; cluster: PastCluster },
  events: readonly ClusterEvent[],
): ClusterChange {
  const between = events.filter(({ at }) => at > from.at && at <= to.at);
  const before = new Map(from.cluster.workers.map((one) => [nameOf(one), one]));
  const after = new Map(to.cluster.workers.map((one) => [nameOf(one), one]));
  const happenedTo = new Map<string, ClusterEvent[]>();
  const others: ClusterEvent[] = [];
  for (const event of between) {
    const name = keyOf(event);
    if (name === undefined) others.push(event);
    else happenedTo.set(name, [...(happenedTo.get(name) ?? []), event]);
  }
  const names = new Set([...before.keys(), ...after.keys(), ...happenedTo.keys()]);
  const workers = [...names].sort().flatMap((name): WorkerChange[] => {
    const its = happenedTo.get(name) ?? [];
    const [was = null, is = null] = [before.get(name), after.get(name)];
    if (its.length === 0 && was?.state === is?.state) return [];
    const { service, id } = was ?? is ?? { service: its[0]?.service ?? "", id: its[0]?.worker ?? "" };
    return [{ service, id, before: was, after: is, events: its }];
  });
  return { workers, events: others };
}

/** A worker that was there, and how it went. */
export interface Departure {
  worker: string;
  at: string;
  kind: "left" | "dead";
  /** The sentence that told it. */
  reason: string;
}

/** The workers of a service that had gone by that moment, whether they are forgotten since or not; who went last is first. */
export function departuresOf(service: string, at: string, events: readonly ClusterEvent[]): Departure[] {
  const gone = new Map<string, Departure>();
  for (const event of events) {
    const { worker } = event;
    if (event.service !== service || worker === undefined || event.at > at) continue;
    const state = stateAfter(event);
    if (state === undefined) continue;
    gone.delete(worker);
    if (state === "left" || state === "dead")
      gone.set(worker, { worker, at: event.at, kind: state, reason: event.message });
  }
  return [...gone.values()].reverse();
}

function leaderIn({ data, message }: ClusterEvent): string {
  const controller = data?.["controller"];
  return typeof controller === "string" ? controller : message;
}

/** As `nameOf` its worker; undefined: of none. */
function keyOf({ service, worker }: ClusterEvent): string | undefined {
  return service === undefined || worker === undefined ? undefined : `${service}\n${worker}`;
}

function nameOf({ service, id }: { service: string; id: string }): string {
  return `${service}\n${id}`;
}
