import type { Placement } from "../machine/placement.ts";
import type { PeerName } from "../suite/peer-names.ts";
import type { Setup } from "../suite/setup.ts";

/** Where and as what a peer is to run. */
export interface Stage {
  setup: Setup;
  cores: Placement;
  /** For its files; empty, and removed at the end. */
  directory: string;
  /** Free ports for its own use: the first is where clients connect. */
  ports: readonly number[];
  /** Whatever is started is stopped by one of these, also when something after it could not be started. */
  onStop(stop: () => Promise<void>): void;
}

/** A peer that runs, with workers of its own behind it. */
export interface Running {
  port: number;
  /** The cores that only the forwarding processes use. */
  proxyCores: readonly number[];
  /** The processes that forward: their CPU time and memory count as the peer's. */
  proxyPids: readonly number[];
  workerPids: readonly number[];
  /** Processes that belong to it and forward nothing. */
  otherPids: readonly number[];
  /** What carried the requests to the workers so far, where the peer can tell. The others speak HTTP/1.1. */
  transport?: () => Promise<string>;
}

export interface Peer {
  name: PeerName;
  /**
   * Undefined: it can be started here. Else what is missing and how to get it. May build or install what belongs to
   * this suite.
   */
  missing(): Promise<string | undefined>;
  version(): string;
  /** Why it has no part in cases of this setup. */
  cannot?(setup: Setup): string | undefined;
  start(stage: Stage): Promise<Running>;
}
