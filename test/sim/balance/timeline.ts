interface Due {
  readonly atMs: number;
  /** Of the same time the one that was set first goes first. */
  readonly order: number;
  readonly run: () => void;
}

/** What will happen, in order of time. Plain calls, no promises: half a million of them are run in a second. */
export class Timeline {
  nowMs = 0;
  readonly #heap: Due[] = [];
  #orders = 0;

  at(atMs: number, run: () => void): void {
    const due = { atMs: Math.max(atMs, this.nowMs), order: this.#orders++, run };
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(due, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = due;
  }

  /** Until nothing is left. */
  run(): void {
    for (let due = this.#takeFirst(); due !== undefined; due = this.#takeFirst()) {
      this.nowMs = due.atMs;
      due.run();
    }
  }

  #takeFirst(): Due | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, left)) child += 1;
      const least = heap[child];
      if (least === undefined || !isBefore(least, last)) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
