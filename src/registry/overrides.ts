import type { Entries } from "./entries.ts";
import { type Entry, keyOf } from "./entry.ts";
import type { Registry } from "./registry.ts";
import type { WorkerOverride } from "./registry-ports.ts";

/** What operators want of workers: it counts for those that are known, and for those that come. */
export class Overrides {
  readonly #registry: Pick<Registry, "apply" | "publisher">;
  readonly #entries: Pick<Entries, "byKey">;
  #byKey = new Map<string, WorkerOverride>();

  constructor(registry: Pick<Registry, "apply" | "publisher">, entries: Pick<Entries, "byKey">) {
    this.#registry = registry;
    this.#entries = entries;
  }

  /** In place of all before. */
  replace(overrides: readonly WorkerOverride[]): void {
    const before = this.#byKey;
    this.#byKey = new Map(overrides.map((one) => [keyOf(one.service, one.id), one]));
    for (const key of new Set([...before.keys(), ...this.#byKey.keys()])) {
      const entry = this.#entries.byKey(key);
      if (entry !== undefined) this.applyTo(entry);
    }
  }

  applyTo(entry: Entry): void {
    const override = this.#byKey.get(entry.key);
    const weight = override?.weight ?? undefined;
    const drain = override?.drain ?? false;
    if (entry.weight !== weight) {
      entry.weight = weight;
      this.#registry.publisher.touch(entry);
    }
    if (entry.worker.drain.operator === drain) return;
    this.#registry.apply(entry, { kind: "drain", by: "operator", on: drain });
    entry.session?.desired(drain ? "drain" : "serve");
  }
}
