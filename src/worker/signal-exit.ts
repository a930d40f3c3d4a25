/** By version: 3, then 4. All copies of one version count their listeners in one object. */
const marks: [owner: object, name: PropertyKey][] = [
  [process, "__signal_exit_emitter__"],
  [globalThis, Symbol.for("signal-exit emitter")],
];

/**
 * How many listeners for SIGTERM are those of the library signal-exit, which comes with execa, ora, proper-lockfile and
 * others. Each ends the process only where nobody else listens: next to us it waits for us. What it has to do at the end
 * it does at `process.exit` too.
 */
export function signalExitListeners(): number {
  return marks
    .map(([owner, name]) => (Reflect.get(owner, name) as { count?: unknown } | undefined)?.count)
    .reduce((sum: number, count) => sum + (typeof count === "number" ? count : 0), 0);
}
