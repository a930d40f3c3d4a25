import type { Service } from "../../protocol/configuration.ts";
import { workersReportedMax, type WorkerStatistics } from "../../protocol/evidence.ts";
import type { RoutingTable, TableWorker, WorkerKey } from "../../protocol/routing-table.ts";
import type { Engine } from "../engine.ts";
import { ServicePool } from "./service-pool.ts";

const unknownService: Service = {
  name: "",
  workers: [],
  check: { kind: "none" },
  policy: "least-wait",
  slowStartMs: 0,
  queue: { max: 1_000, waitMs: 3_000 },
  drainMs: 30_000,
};

/** The workers of every service, as the routing table has them. */
export class Pools {
  readonly #engine: Engine;
  readonly #byName = new Map<string, ServicePool>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  [Symbol.iterator](): IterableIterator<ServicePool> {
    return this.#byName.values();
  }

  /** Of a service that the table does not know (a route to nowhere): a pool without workers. */
  of(name: string): ServicePool {
    let pool = this.#byName.get(name);
    if (pool === undefined) {
      pool = new ServicePool(this.#engine, { ...unknownService, name });
      this.#byName.set(name, pool);
    }
    return pool;
  }

  configure({ services }: RoutingTable): void {
    for (const settings of Object.values(services)) {
      const pool = this.#byName.get(settings.name);
      if (pool === undefined) this.#byName.set(settings.name, new ServicePool(this.#engine, settings));
      else pool.configure(settings);
    }
  }

  takeWorkers({ upserts, removals }: { upserts: TableWorker[]; removals: WorkerKey[] }): void {
    const changes = new Map<string, { upserts: TableWorker[]; removals: string[] }>();
    const changesOf = (service: string): { upserts: TableWorker[]; removals: string[] } => {
      const known = changes.get(service);
      if (known !== undefined) return known;
      const fresh = { upserts: [], removals: [] };
      changes.set(service, fresh);
      return fresh;
    };
    for (const row of upserts) changesOf(row.service).upserts.push(row);
    for (const { service, id } of removals) changesOf(service).removals.push(id);
    for (const [service, change] of changes) this.of(service).update(change.upserts, change.removals);
  }

  /** Services that have no workers and are not in the table any more are forgotten. */
  forgetAllBut({ services }: RoutingTable): void {
    for (const [name, pool] of this.#byName) {
      if (pool.workers.size > 0 || Object.hasOwn(services, name)) continue;
      this.#byName.delete(name);
      pool.dispose();
    }
  }

  /** Of those that were asked, and how many of them are left out. */
  report(): { workers: WorkerStatistics[]; workersLeftOut: number } {
    const asked = [...this]
      .flatMap((pool) => [...pool.workers.values()])
      .filter(({ counters }) => counters.answers > 0);
    const workers = asked
      .slice(0, workersReportedMax)
      .map(({ service, id, counters }) => counters.report(service, id));
    return { workers, workersLeftOut: asked.length - workers.length };
  }
}
