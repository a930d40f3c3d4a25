import { closeSync, openSync } from "node:fs";
import type { Clock } from "../runtime/clock.ts";
import { withoutEcho } from "../runtime/signal-echo.ts";

/** What an operator may want of a gateway, wherever its supervisor is. */
export interface Actions {
  stop(): void;
  reload(): void;
}

/** A look that finds no terminal just before the SIGHUP of the terminal's end has come: with the second one it is known without. */
const looksUntilGone = 2;
const lookEveryMs = 1_000;

/**
 * SIGTERM and SIGINT stop, a second one at once, SIGHUP reloads; but when SIGHUP says that the terminal has just gone, it stops as well. From its making on no
 * signal ends this process: what comes while nobody can act on it is kept.
 */
export class Signals {
  #actions: Actions | undefined;
  readonly #early: (keyof Actions)[] = [];
  readonly #hasTerminal: () => boolean;
  /** Since the terminal was there. Counted, not measured: while this process is stopped, neither looks nor signals come. */
  #looksWithout: number;

  constructor(clock: Clock, hasTerminal = terminalExists) {
    this.#hasTerminal = hasTerminal;
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.on(
        signal,
        withoutEcho(clock, () => this.#take("stop")),
      );
    process.on("SIGHUP", () => this.#take(this.#losesTerminal() ? "stop" : "reload"));
    this.#looksWithout = hasTerminal() ? 0 : looksUntilGone;
    const looks = clock.every(lookEveryMs, () => {
      if (this.#looksWithout === looksUntilGone) looks.cancel();
      else this.#looksWithout = hasTerminal() ? 0 : this.#looksWithout + 1;
    });
  }

  leadTo(actions: Actions): void {
    this.#actions = actions;
    for (const wish of this.#early.splice(0)) actions[wish]();
  }

  #losesTerminal(): boolean {
    return this.#looksWithout < looksUntilGone && !this.#hasTerminal();
  }

  #take(wish: keyof Actions): void {
    if (this.#actions === undefined) this.#early.push(wish);
    else this.#actions[wish]();
  }
}

/** Whether this process belongs to a terminal that still exists. */
function terminalExists(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
