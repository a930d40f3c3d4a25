import { constants } from "node:os";
import type { Clock } from "../../runtime/clock.ts";
import { withoutEcho } from "../../runtime/signal-echo.ts";

/** By a signal; a second one ends this process at once. */
export function askedToEnd(clock: Clock, exit = (code: number): void => process.exit(code)): Promise<void> {
  return new Promise<void>((done) => {
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const take = (): void => {
        if (asked) exit(128 + constants.signals[signal]);
        asked = true;
        done();
      };
      process.on(signal, withoutEcho(clock, take));
    }
    // The terminal is gone.
    process.on("SIGHUP", () => done());
    // Whoever read is gone, as `tee` at a Ctrl-C. In place of the command's own rule, by which this process would end before its instances.
    process.stdout.removeAllListeners("error").on("error", () => done());
  });
}
