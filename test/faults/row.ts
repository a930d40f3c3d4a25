import type { RequestRecord } from "../../src/demo/load/record.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import type { Destination, Site } from "./site.ts";

/** A fault, done under load to a whole site, and what is asked of what followed. */
export interface Row<S extends Site = Site> {
  name: string;
  /** For people. */
  title: string;
  /** Rows with the same one may follow each other on one site. */
  open: () => Promise<S>;
  /** How long its fault lasts where nobody says otherwise. Default: `holdMsUsual`. */
  holdMs?: number;
  /** Where the load goes. Default: the site's destinations. */
  destinations?(site: S): readonly Destination[];
  /**
   * Does the fault, holds it, heals it, and notes what it saw. The load runs before, meanwhile and after. Gives what is
   * to be said when every request has ended.
   */
  play(scene: Scene<S>): Promise<Judge>;
}

export const holdMsUsual = 10_000;

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
export interface Scene<S extends Site = Site> {
  readonly site: S;
  readonly clock: Clock;
  /** How long a fault lasts that lasts. */
  readonly holdMs: number;
  /** Requests that went to the destination of this name, so far. */
  records(destination: string): readonly RequestRecord[];
  figure(figure: Figure): void;
  complain(what: string): void;
}
