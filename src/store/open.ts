import type { StoreSettings } from "../protocol/configuration.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Places } from "../runtime/places.ts";
import type { Random } from "../runtime/random.ts";
import { createEtcdStore } from "./etcd/create.ts";
import { MemoryStore } from "./memory.ts";
import { SqliteStore } from "./sqlite.ts";
import type { Store } from "./store.ts";

export interface StoreSurroundings {
  places: Pick<Places, "database" | "lastKnownFile">;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** The store that a configuration names. `open()` is still to be called. May throw SkeinError. */
export function createStore(settings: StoreSettings, surroundings: StoreSurroundings): Store {
  const { places, clock, random, logger } = surroundings;
  switch (settings.driver) {
    case "memory":
      return new MemoryStore();
    case "sqlite":
      return new SqliteStore({ file: places.database, clock, random });
    case "etcd":
      return createEtcdStore(settings, { lastKnownFile: places.lastKnownFile, clock, random, logger });
  }
}
