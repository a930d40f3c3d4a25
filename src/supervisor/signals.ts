import { closeSync, openSync } from "node:fs";

/** What an operator may want of a gateway, wherever its supervisor is. */
export interface Actions {
  stop(): void;
  reload(): void;
}

/**
 * SIGTERM and SIGINT stop, SIGHUP reloads; but when SIGHUP says that the terminal is gone, it stops as well. From its making on no
 * signal ends this process: what comes while nobody can act on it is kept.
 */
export class Signals {
  #actions: Actions | undefined;
  readonly #early: (keyof Actions)[] = [];

  constructor() {
    const hadTerminal = hasTerminal();
    process.on("SIGTERM", () => this.#take("stop"));
    process.on("SIGINT", () => this.#take("stop"));
    process.on("SIGHUP", () => this.#take(hadTerminal && !hasTerminal() ? "stop" : "reload"));
  }

  leadTo(actions: Actions): void {
    this.#actions = actions;
    for (const wish of this.#early.splice(0)) actions[wish]();
  }

  #take(wish: keyof Actions): void {
    if (this.#actions === undefined) this.#early.push(wish);
    else this.#actions[wish]();
  }
}

/** Whether this process belongs to a terminal that still exists. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
