import type { Clock, Timer } from "../runtime/clock.ts";

interface Scheduled {
  atMs: number;
  /** Order among those of the same time: first scheduled, first run. */
  order: number;
  fire: () => void;
  cancelled: boolean;
}

/**
 * Time that passes only when told to, and then as fast as the work in it can be done.
 *
 * Invariants: what is due earlier runs earlier; what is due at the same time runs in the order of scheduling; time
 * never goes back; between two of them every promise that can settle does (so `await` behaves as with real timers).
 */
export class VirtualTime {
  /** A binary heap: the next one first. */
  readonly #heap: Scheduled[] = [];
  #nowMs = 0;
  #scheduled = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, fire: () => void): Timer {
    const entry: Scheduled = {
      atMs: Math.max(atMs, this.#nowMs),
      order: this.#scheduled++,
      fire,
      cancelled: false,
    };
    push(this.#heap, entry);
    return {
      cancel: () => {
        entry.cancelled = true;
      },
    };
  }

  /** Lets `ms` pass. */
  async run(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settled();
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= untilMs; next = this.#heap[0]) {
      pop(this.#heap);
      if (next.cancelled) continue;
      this.#nowMs = next.atMs;
      next.fire();
      await settled();
    }
    this.#nowMs = untilMs;
  }

  /** Lets time pass until `holds`, at most `limitMs`. False: it did not. */
  async runUntil(holds: () => boolean, limitMs: number, stepMs = 1): Promise<boolean> {
    const untilMs = this.#nowMs + limitMs;
    await settled();
    while (!holds()) {
      if (this.#nowMs >= untilMs) return false;
      await this.run(stepMs);
    }
    return true;
  }
}

/**
 * One process in virtual time: it can be stopped (SIGSTOP), continued and killed. What falls due while it is
 * stopped waits; when it goes on, its timers run before its messages, as in libuv.
 */
export class VirtualProcess {
  readonly clock: Clock;
  readonly #time: VirtualTime;
  #state: "running" | "stopped" | "dead" = "running";
  #runsSinceMs: number;
  #heldTimers = new Set<() => void>();
  #heldMessages: (() => void)[] = [];

  constructor(time: VirtualTime) {
    this.#time = time;
    this.#runsSinceMs = time.nowMs;
    this.clock = {
      now: () => time.nowMs,
      wallTime: () => new Date(Date.UTC(2026, 0, 1) + time.nowMs).toISOString(),
      after: (ms, fire) => this.#after(ms, fire),
      every: (ms, fire) => this.#every(ms, fire),
      // Two hops: behind everything that waits at this very time, messages included.
      afterPendingInput: (fire) => void this.#after(0, () => void this.#after(0, fire)),
    };
  }

  get state(): "running" | "stopped" | "dead" {
    return this.#state;
  }

  /** Since when it runs without having been stopped. */
  get runsSinceMs(): number {
    return this.#runsSinceMs;
  }

  /** Something comes in from outside (a message, a closed connection): now, or when the process goes on. */
  deliver(message: () => void): void {
    if (this.#state === "running") message();
    else if (this.#state === "stopped") this.#heldMessages.push(message);
  }

  stop(): void {
    if (this.#state === "running") this.#state = "stopped";
  }

  continue(): void {
    if (this.#state !== "stopped") return;
    this.#state = "running";
    this.#runsSinceMs = this.#time.nowMs;
    const waiting = [...this.#heldTimers, ...this.#heldMessages];
    this.#heldTimers = new Set();
    this.#heldMessages = [];
    for (const fire of waiting) this.#time.at(this.#time.nowMs, () => this.deliver(fire));
  }

  kill(): void {
    this.#state = "dead";
    this.#heldTimers.clear();
    this.#heldMessages = [];
  }

  #after(ms: number, fire: () => void): Timer {
    let cancelled = false;
    const guarded = (): void => {
      if (!cancelled) fire();
    };
    const timer = this.#time.at(this.#time.nowMs + Math.max(0, ms), () => this.#timerDue(guarded));
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  #every(ms: number, fire: () => void): Timer {
    let next: Timer = { cancel() {} };
    let cancelled = false;
    // Rearmed after it has run: what a stop made it miss is run once, not as often as it was missed.
    const again = (): void => {
      if (cancelled) return;
      next = this.#after(ms, again);
      fire();
    };
    next = this.#after(ms, again);
    return {
      cancel: () => {
        cancelled = true;
        next.cancel();
      },
    };
  }

  #timerDue(fire: () => void): void {
    if (this.#state === "running") fire();
    else if (this.#state === "stopped") this.#heldTimers.add(fire);
  }
}

/** After every promise that can settle now has. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function before(one: Scheduled, other: Scheduled): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

function push(heap: Scheduled[], entry: Scheduled): void {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!before(entry, at(heap, parent))) break;
    heap[index] = at(heap, parent);
    index = parent;
  }
  heap[index] = entry;
}

function pop(heap: Scheduled[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(at(heap, child + 1), at(heap, child))) child += 1;
    if (!before(at(heap, child), last)) break;
    heap[index] = at(heap, child);
    index = child;
  }
  heap[index] = last;
}

function at(heap: readonly Scheduled[], index: number): Scheduled {
  const entry = heap[index];
  if (entry === undefined) throw new Error(`heap has no entry ${index}`);
  return entry;
}
