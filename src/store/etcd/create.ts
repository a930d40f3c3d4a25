import type { EtcdSettings } from "../../protocol/configuration.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Random } from "../../runtime/random.ts";
import { Api } from "./api.ts";
import { Client } from "./client.ts";
import { credentialsOf } from "./credentials.ts";
import { EtcdStore } from "./etcd.ts";
import { LastKnownFile } from "./last-known.ts";
import { Transport } from "./transport.ts";

export interface EtcdSurroundings {
  /** Where to keep what etcd holds, for the next start. */
  lastKnownFile: string;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** The store in the etcd that `settings` name. Throws SkeinError when a file that they name cannot be read. */
export function createEtcdStore(settings: EtcdSettings, surroundings: EtcdSurroundings): EtcdStore {
  const { lastKnownFile, clock, random, logger } = surroundings;
  const { endpoints, prefix } = settings;
  const { tls, user } = credentialsOf(settings, { clock, logger });
  return new EtcdStore({
    prefix,
    connect(moved) {
      const transport = new Transport({ clock, tls });
      const client = new Client({ endpoints, user, transport, clock, random, onEndpoint: moved });
      return { api: new Api(client), members: client };
    },
    lastKnown: new LastKnownFile(lastKnownFile, clock, logger),
    clock,
    random,
    logger,
  });
}
