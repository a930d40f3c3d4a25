import type { Past } from "../core/registry/generation.ts";
import type { ToldState } from "../core/registry/since.ts";
import type { Worker } from "../core/registry/worker.ts";
import type { Load } from "../protocol/heartbeat.ts";
import type { TableWorker } from "../protocol/routing-table.ts";

/** What the registry holds of one (service, id). Owned and changed by Registry alone. */
export interface Entry {
  readonly key: string;
  /** Where its origin changes, by `Entries.replace`. */
  worker: Worker;
  load: Load;
  /** One life of an SDK worker: a second session of the same life replaces the first. */
  instance: string | undefined;
  /** The highest ever seen under this key. */
  past: Past;
  /** What a peer told of the state of this life, for when it is found so. */
  told: ToldState | undefined;
  /** Weight that the operators set; undefined: the worker's own. */
  weight: number | undefined;
  /** Earliest time for which a tick is on the wheel. */
  tickAt: number;
  /** As the proxies know it. */
  published: TableWorker | undefined;
  /** The session with this controller. */
  session: SessionEnd | undefined;
  /** The one before it, of the same life: the worker ends it, unless its socket is dead. */
  replaced: SessionEnd | undefined;
  /** Its lease follows the controller's pace: the worker asked for none of its own. */
  paced: boolean;
  /** To be called when every proxy stream was sent a table in which it drains. */
  onDraining: (() => void) | undefined;
}

/** How the registry reaches the worker's end of a session. */
export interface SessionEnd {
  desired(desired: "serve" | "drain"): void;
  /** Its watch thread answers at once, whatever its main thread does: any frame is the answer. */
  ping(): void;
  pace(heartbeatEveryMs: number, ttlMs: number): void;
  /** The session is over for the worker: replaced by a newer life, or removed. */
  close(code: string, detail: string, final: boolean): void;
}

export function keyOf(service: string, id: string): string {
  return `${service}\n${id}`;
}

/** The service and the id of a key. */
export function namesOf(key: string): { service: string; id: string } {
  const end = key.indexOf("\n");
  return { service: key.slice(0, end), id: key.slice(end + 1) };
}
