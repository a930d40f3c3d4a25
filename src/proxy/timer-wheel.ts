import type { Clock, Timer } from "../runtime/clock.ts";

const slotCount = 512;

/**
 * A deadline that is set often and fires seldom. Setting it later than where it already lies in the wheel costs
 * one assignment: it is moved only when its slot comes round.
 */
export class Deadline {
  /** Monotonic milliseconds; `Infinity`: not set. */
  dueAt: number = Infinity;
  readonly fire: (now: number) => void;
  readonly #wheel: TimerWheel;
  /** Tick of the slot it lies in; -1: in no slot. */
  slotTick = -1;
  previous: Deadline | null = null;
  next: Deadline | null = null;

  constructor(wheel: TimerWheel, fire: (now: number) => void) {
    this.#wheel = wheel;
    this.fire = fire;
  }

  /** Fires once, at `dueAt` or up to a tick later. Replaces what was set before. */
  setAt(dueAt: number): void {
    this.dueAt = dueAt;
    this.#wheel.place(this);
  }

  clear(): void {
    this.dueAt = Infinity;
  }

  /** Takes it out of the wheel: for owners that end. */
  dispose(): void {
    this.dueAt = Infinity;
    this.#wheel.remove(this);
  }
}

/**
 * The one coarse timer of a proxy: every timeout of the data plane is a `Deadline` in it.
 * Invariant: a deadline lies in a slot that comes round no later than its `dueAt` (plus one tick).
 */
export class TimerWheel {
  readonly tickMs: number;
  /** The clock as last read: exact after `readClock` in the same turn, else at most a tick old. For the hot path. */
  now: number;
  readonly #clock: Clock;
  readonly #slots: (Deadline | null)[] = Array.from({ length: slotCount }, () => null);
  readonly #timer: Timer;
  readonly #onPause: (pauseMs: number) => void;
  readonly #failed: ((error: unknown) => void) | undefined;
  #tick: number;
  #size = 0;

  /**
   * `onPause` is told when the process itself stood still (the tick came late by more than ten ticks), before any
   * deadline fires: what looked like silence may have been our own. `failed` is told what a deadline throws, so that the
   * others fire; without it, nobody catches that.
   */
  constructor(
    clock: Clock,
    tickMs = 20,
    onPause: (pauseMs: number) => void = () => {},
    failed?: (error: unknown) => void,
  ) {
    this.#clock = clock;
    this.tickMs = tickMs;
    this.#onPause = onPause;
    this.#failed = failed;
    this.now = clock.now();
    this.#tick = this.#tickAt(this.now);
    this.#timer = clock.every(tickMs, () => this.#turn());
  }

  /** Deadlines in it; one that was cleared counts until its slot comes round, at most ten seconds. */
  get size(): number {
    return this.#size;
  }

  readClock(): number {
    this.now = this.#clock.now();
    return this.now;
  }

  stop(): void {
    this.#timer.cancel();
  }

  place(deadline: Deadline): void {
    if (deadline.dueAt === Infinity) return;
    const tick = Math.max(
      this.#tick + 1,
      Math.min(Math.ceil(deadline.dueAt / this.tickMs), this.#tick + slotCount - 1),
    );
    if (deadline.slotTick !== -1) {
      if (deadline.slotTick <= tick) return;
      this.remove(deadline);
    }
    const slot = tick % slotCount;
    const head = this.#slots[slot] ?? null;
    deadline.slotTick = tick;
    deadline.previous = null;
    deadline.next = head;
    if (head) head.previous = deadline;
    this.#slots[slot] = deadline;
    this.#size += 1;
  }

  remove(deadline: Deadline): void {
    if (deadline.slotTick === -1) return;
    const { previous, next } = deadline;
    if (previous) previous.next = next;
    else this.#slots[deadline.slotTick % slotCount] = next;
    if (next) next.previous = previous;
    deadline.previous = null;
    deadline.next = null;
    deadline.slotTick = -1;
    this.#size -= 1;
  }

  #tickAt(now: number): number {
    return Math.floor(now / this.tickMs);
  }

  #turn(): void {
    const lateMs = this.readClock() - (this.#tick + 1) * this.tickMs;
    if (lateMs <= 10 * this.tickMs) return this.#advance();
    // After a pause timers run before the sockets are read: read first, then judge.
    this.#clock.afterPendingInput(() => {
      this.#onPause(lateMs);
      this.#advance();
    });
  }

  #advance(): void {
    const now = this.readClock();
    const until = this.#tickAt(now);
    // More than one whole turn late: every slot once is enough.
    if (until - this.#tick > slotCount) this.#tick = until - slotCount;
    while (this.#tick < until) {
      this.#tick += 1;
      this.#empty(this.#tick % slotCount, now);
    }
  }

  #empty(slot: number, now: number): void {
    let deadline = this.#slots[slot] ?? null;
    this.#slots[slot] = null;
    const due: Deadline[] = [];
    while (deadline) {
      const next: Deadline | null = deadline.next;
      deadline.previous = null;
      deadline.next = null;
      deadline.slotTick = -1;
      this.#size -= 1;
      if (deadline.dueAt <= now) due.push(deadline);
      else this.place(deadline);
      deadline = next;
    }
    for (const one of due) {
      // An earlier one of this slot may have cleared it or set it anew.
      if (one.dueAt > now) continue;
      one.dueAt = Infinity;
      this.#fire(one, now);
    }
  }

  #fire(deadline: Deadline, now: number): void {
    try {
      deadline.fire(now);
    } catch (error) {
      if (this.#failed === undefined) throw error;
      this.#failed(error);
    }
  }
}
