import type { RequestRecord } from "../../src/demo/load/record.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import type { LabCluster } from "./lab-cluster.ts";
import type { LabGateway } from "./lab-gateway.ts";

/** A fault, done under load to a whole cluster, and what is asked of what followed. */
export interface Row {
  name: string;
  /** For people. */
  title: string;
  /** How the load comes. Default: to each gateway by itself, by plain connections. */
  load?: "client with both gateways";
  /**
   * Does the fault, holds it, heals it, and notes what it saw. The load runs before, meanwhile and after. Gives what is
   * to be said when every request has ended.
   */
  play(scene: Scene): Promise<Judge>;
}

export type Judge = () => void;

export const nothingMore: Judge = () => {};

export interface Figure {
  name: string;
  unit: "ms" | "count";
  value: number;
  /** The row does not hold when the value is above it. */
  limit?: number;
}

/** What a row may use and note while it plays. */
export interface Scene {
  readonly cluster: LabCluster;
  readonly clock: Clock;
  /** How long a fault lasts that lasts. */
  readonly holdMs: number;
  /** Requests that went to this gateway's address, so far; without a name all. */
  records(gateway?: LabGateway): readonly RequestRecord[];
  figure(figure: Figure): void;
  complain(what: string): void;
}
