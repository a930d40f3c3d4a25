import type { Clock } from "../runtime/clock.ts";
import type { Random } from "../runtime/random.ts";
import { MemoryStore } from "./memory.ts";
import { SqliteStore } from "./sqlite.ts";
import type { Store } from "./store.ts";

/** The store that a configuration names. `open()` is still to be called. */
export function createStore(
  driver: "memory" | "sqlite",
  database: string,
  clock: Clock,
  random: Random,
): Store {
  return driver === "memory" ? new MemoryStore() : new SqliteStore({ file: database, clock, random });
}
