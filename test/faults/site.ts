import type { LoadOptions } from "../../src/demo/load/open-loop.ts";
import type { Launcher } from "../../src/demo/cluster/launcher.ts";

/** A worker that was hit in several rows, one after the other, came and went too often: it is held out for up to a minute. */
export const wholeWithinMs = 90_000;

/** Where requests of a row go. */
export interface Destination {
  name: string;
  to: LoadOptions["target"];
  /** The fault takes what is on its way there with it: what is lost is counted, and no failure of the row. */
  mayLose?: true;
  /**
   * The way loses so much that TCP itself may need longer than a client waits: it doubles its time with each packet
   * that is lost, so six in a row take over 10 s. What ends so is counted by itself.
   */
  mayTimeOut?: true;
}

/** Hosts with everything that a row needs. It may be used for one row after the other, as faults come in life. */
export interface Site {
  /** Where requests come from. */
  readonly client: { readonly launcher: Launcher };
  readonly ledgers: string;
  readonly destinations: readonly Destination[];
  /** Resolves when nothing is missing; throws with what is. */
  whole(withinMs: number): Promise<void>;
  /** Undoes what faults did to the network. */
  heal(): void;
  stop(): Promise<void>;
}
