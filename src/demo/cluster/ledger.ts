import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/**
 * Evidence of what was executed: every worker process appends the id of each POST that it executes to a file of its
 * own, synchronously and before it answers. What is written survives a kill -9 of the worker.
 */
export class Ledger {
  readonly #descriptor: number;

  constructor(directory: string, worker: string) {
    this.#descriptor = openSync(join(directory, `${worker}-${process.pid}.ledger`), "a", 0o600);
  }

  append(id: string): void {
    writeSync(this.#descriptor, `${id}\n`);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** How often each id was executed, over all workers that ever wrote into `directory`. */
export function readLedgers(directory: string): Map<string, number> {
  const executed = new Map<string, number>();
  for (const file of readdirSync(directory)) {
    if (!file.endsWith(".ledger")) continue;
    for (const id of readFileSync(join(directory, file), "utf8").split("\n")) {
      if (id !== "") executed.set(id, (executed.get(id) ?? 0) + 1);
    }
  }
  return executed;
}
