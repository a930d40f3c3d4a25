import type { Worker, WorkerState } from "./worker.ts";

/**
 * Since when a worker is in its state. Who begins to watch finds most workers as they were before: the first state that it
 * knows is *found*, and began no later than then. Who watched before can tell since when.
 *
 *   (begins) ---> not checked, found ---> any, found --- any change ---> seen
 *                                           |  what a peer tells fits     ^
 *                                           '-----------------------------'
 */
export interface ToldState {
  readonly state: WorkerState["kind"];
  /** Of a suspect; a word of a peer, which may know more of them. */
  readonly cause: string | undefined;
  readonly since: number;
  /** The peer itself only found it so. */
  readonly found: boolean;
}

/** Older than that, a life was there before this controller heard of it; news travels faster. */
const newsMs = 1_000;

/**
 * A life that is new to this controller. Where nobody told when it began (plain heartbeats, the configuration), who still
 * gathers what there is takes it for one that was there before.
 */
export function asFound(worker: Worker, beginsAt: number, settled: boolean): Worker {
  const { begunAtMs } = worker.registration;
  const found = begunAtMs === undefined ? !settled : beginsAt - begunAtMs > newsMs;
  return found ? { ...worker, found } : worker;
}

/** Whether the state that follows was found, too: a first check says nothing of what was before. */
export function staysFound({ found, state }: Worker): boolean {
  return found && state.kind === "suspect" && state.cause === "not-checked";
}

/** What a peer told of the same life, where it knows longer than we do. */
export function asTold(worker: Worker, told: ToldState): Worker {
  const { state } = worker;
  const cause = state.kind === "suspect" ? state.cause : undefined;
  const knowsMore = told.since < worker.stateSince || (told.since === worker.stateSince && !told.found);
  if (!worker.found || !knowsMore || state.kind !== told.state || cause !== told.cause) return worker;
  return { ...worker, stateSince: told.since, found: told.found };
}
