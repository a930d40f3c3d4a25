import { closeSync, openSync } from "node:fs";

/** SIGTERM and SIGINT stop, SIGHUP reloads; but when SIGHUP says that the terminal is gone, it stops as well. */
export function installSignals(actions: { stop(): void; reload(): void }): void {
  const hadTerminal = hasTerminal();
  process.on("SIGTERM", () => actions.stop());
  process.on("SIGINT", () => actions.stop());
  process.on("SIGHUP", () => {
    if (hadTerminal && !hasTerminal()) actions.stop();
    else actions.reload();
  });
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
