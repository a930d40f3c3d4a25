import type { TrafficConfiguration } from "../protocol/configuration.ts";
import type { PeerItem } from "../protocol/peer.ts";
import type { Clock } from "../runtime/clock.ts";
import type { ClusterClock } from "../runtime/cluster-clock.ts";
import type { Random } from "../runtime/random.ts";
import type { Announcement } from "./announcer.ts";
import type { Prober } from "./probe.ts";

/** What a registry needs of its controller, and what it is told. */
export interface RegistryPorts {
  /** Instance of this controller. */
  controller: string;
  clock: Clock;
  /** By which the lives of workers are ordered, wherever they begin: that of all controllers. */
  beginnings: Pick<ClusterClock, "now">;
  random: Random;
  prober: Prober;
  /** News for the peers: what this controller learned itself. */
  tell(item: PeerItem): void;
  announce(announcement: Announcement): void;
}

/** A configuration as it stands in the store. */
export interface ConfigurationInStore {
  revision: number;
  traffic: TrafficConfiguration;
}

/** What operators want of one worker. */
export interface WorkerOverride {
  service: string;
  id: string;
  drain: boolean;
  weight: number | null;
}
