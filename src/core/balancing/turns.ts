import { type Candidate, type Chance, isUsable, rampShare } from "./candidate.ts";

/**
 * Weighted round robin, smooth: the worker whose next turn is due earliest is taken, and its next turn moves on by
 * 1 / weight (a binary heap by due time). A worker with weight 3 beside two of weight 1 gets a b a c a, not a a a b c.
 * Taking a turn costs O(log n).
 */
export interface Turns<Worker extends Candidate> {
  readonly heap: Turn<Worker>[];
  /** The latest due time of a turn that was taken. */
  given: number;
}

interface Turn<Worker> {
  readonly worker: Worker;
  due: number;
}

/** `chance` spreads the first turns: several proxies shall not all begin with the same worker. */
export function newTurns<Worker extends Candidate>(
  workers: readonly Worker[],
  chance: Chance,
): Turns<Worker> {
  const heap = workers.map((worker) => ({ worker, due: chance() / worker.weight }));
  heap.sort((left, right) => left.due - right.due);
  return { heap, given: 0 };
}

/** The next worker that is usable. Workers passed over keep their due time, and so are next once usable again. */
export function takeTurn<Worker extends Candidate>(
  turns: Turns<Worker>,
  slowStartMs: number,
  now: number,
  excluded: readonly Worker[],
): Worker | undefined {
  const first = turns.heap[0];
  if (first === undefined) return undefined;
  if (isUsable(first.worker, excluded)) {
    delay(turns, first, slowStartMs, now);
    sink(turns.heap);
    return first.worker;
  }
  return takeLaterTurn(turns, slowStartMs, now, excluded);
}

/** The one who is first cannot be used: the earliest usable one, by looking at all. */
function takeLaterTurn<Worker extends Candidate>(
  turns: Turns<Worker>,
  slowStartMs: number,
  now: number,
  excluded: readonly Worker[],
): Worker | undefined {
  let chosen: Turn<Worker> | undefined;
  for (const turn of turns.heap) {
    if ((chosen === undefined || turn.due < chosen.due) && isUsable(turn.worker, excluded)) chosen = turn;
  }
  if (chosen === undefined) return undefined;
  delay(turns, chosen, slowStartMs, now);
  turns.heap.sort((left, right) => left.due - right.due);
  return chosen.worker;
}

/** Sets the next turn. Who was passed over for long is owed one turn, not a burst of all that it missed. */
function delay<Worker extends Candidate>(
  turns: Turns<Worker>,
  turn: Turn<Worker>,
  slowStartMs: number,
  now: number,
): void {
  const step = 1 / (turn.worker.weight * rampShare(turn.worker, slowStartMs, now));
  turns.given = Math.max(turns.given, turn.due);
  turn.due = Math.max(turn.due, turns.given - step) + step;
}

function sink<Worker>(heap: Turn<Worker>[]): void {
  let parent = 0;
  for (;;) {
    const left = 2 * parent + 1;
    const right = left + 1;
    let least = parent;
    if (dueAt(heap, left) < dueAt(heap, least)) least = left;
    if (dueAt(heap, right) < dueAt(heap, least)) least = right;
    if (least === parent) return;
    const moved = heap[parent];
    const risen = heap[least];
    if (moved === undefined || risen === undefined) return;
    heap[parent] = risen;
    heap[least] = moved;
    parent = least;
  }
}

function dueAt<Worker>(heap: readonly Turn<Worker>[], slot: number): number {
  return heap[slot]?.due ?? Number.POSITIVE_INFINITY;
}
