import type { Origin, RequestHead } from "../../http1/http1.ts";
import type { ServicePool } from "../workers/service-pool.ts";
import type { Worker } from "../workers/worker.ts";
import { byAddress, requestKeyOf } from "./request-key.ts";

/** What a request says of the worker that it wants. One object serves many requests in turn. */
export class Aim {
  /** Which workers of the service may serve it; unset: all. */
  subset: string | undefined;
  /** What keeps it together with others, hashed: see `requestKeyOf`. */
  key: number | undefined;
  /** Whom its client's sticky cookie names. */
  wanted: Worker | undefined;
  /** By its address, hashed; known where its cookie names a worker. */
  client = 0;

  take(pool: ServicePool, subset: string | undefined, head: RequestHead, origin: Origin): void {
    const { settings, sticky } = pool;
    this.subset = subset;
    this.key = settings.policyKey && requestKeyOf(settings.policyKey, head, origin);
    this.wanted = sticky && sticky.wanted(head);
    if (this.wanted !== undefined) this.client = requestKeyOf(byAddress, head, origin) ?? 0;
  }

  /** An idle connection keeps no worker. */
  drop(): void {
    this.wanted = undefined;
  }
}
