import type { WorkerView } from "../protocol/discovery.ts";
import type { StatisticsReport } from "../protocol/evidence.ts";
import type { LiveDelta, LiveProxy, LiveSnapshot, LiveWorker } from "../protocol/live.ts";

/** Everything that a reader of the live stream is told, except when it began, and who it is. */
export type LiveView = Omit<LiveSnapshot, "v" | "controller" | "at" | "lastEventId" | "operator">;

export function liveWorker(view: WorkerView): LiveWorker {
  const worker: LiveWorker & { heardMsAgo?: unknown } = { ...view };
  delete worker.heardMsAgo;
  return worker;
}

export function liveProxy(report: StatisticsReport): LiveProxy {
  const { proxy, instance, connections, retries, services, workers, workersLeftOut = 0 } = report;
  const upMs = report.process?.upMs;
  return {
    proxy,
    instance,
    connections,
    retries,
    services,
    workers,
    ...(workersLeftOut > 0 ? { workersLeftOut } : {}),
    ...(upMs === undefined ? {} : { upMs }),
  };
}

/**
 * Remembers what was told and finds what changed since. Texts are compared: the views are made anew each time, so
 * that no object is the one from before.
 */
export class LiveChanges {
  readonly #workers = new Map<string, { still: string; load: string; stateForMs: number }>();
  readonly #proxies = new Map<string, { still: string; upMs: number | undefined }>();
  #services = "";
  #controllers = "";

  /** Undefined: nothing changed. */
  since(view: LiveView): LiveDelta | undefined {
    const delta: LiveDelta = { ...this.#workersOf(view), ...this.#proxiesOf(view) };
    const services = JSON.stringify(view.services);
    if (services !== this.#services) delta.services = view.services;
    const controllers = JSON.stringify(view.controllers);
    if (controllers !== this.#controllers) delta.controllers = view.controllers;
    this.#services = services;
    this.#controllers = controllers;
    return Object.keys(delta).length === 0 ? undefined : delta;
  }

  #workersOf(view: LiveView): LiveDelta {
    const workers: LiveDelta["workers"] = [];
    const loads: LiveDelta["loads"] = [];
    const gone: LiveDelta["gone"] = [];
    const unseen = new Set(this.#workers.keys());
    for (const worker of view.workers) {
      const key = JSON.stringify([worker.service, worker.id]);
      unseen.delete(key);
      // The time in a state grows by itself.
      const now = {
        still: JSON.stringify({ ...worker, load: 0, stateForMs: 0 }),
        load: JSON.stringify(worker.load),
        stateForMs: worker.stateForMs,
      };
      const before = this.#workers.get(key);
      this.#workers.set(key, now);
      // Who left its state and came back between two looks began it anew.
      const isAnew = before !== undefined && now.stateForMs < before.stateForMs;
      if (before?.still !== now.still || isAnew) workers.push(worker);
      else if (before.load !== now.load)
        loads.push({ service: worker.service, id: worker.id, load: worker.load });
    }
    for (const key of unseen) {
      this.#workers.delete(key);
      const [service, id] = JSON.parse(key) as [string, string];
      gone.push({ service, id });
    }
    return {
      ...(workers.length === 0 ? {} : { workers }),
      ...(loads.length === 0 ? {} : { loads }),
      ...(gone.length === 0 ? {} : { gone }),
    };
  }

  #proxiesOf(view: LiveView): LiveDelta {
    const proxies: LiveProxy[] = [];
    const reported: LiveDelta["reported"] = [];
    const unseen = new Set(this.#proxies.keys());
    for (const one of view.proxies) {
      const { proxy, upMs } = one;
      unseen.delete(proxy);
      const still = JSON.stringify({ ...one, upMs: 0 });
      const before = this.#proxies.get(proxy);
      this.#proxies.set(proxy, { still, upMs });
      if (before?.still !== still) proxies.push(one);
      else if (upMs !== undefined && upMs !== before.upMs) reported.push({ proxy, upMs });
    }
    for (const name of unseen) this.#proxies.delete(name);
    return {
      ...(proxies.length === 0 ? {} : { proxies }),
      ...(reported.length === 0 ? {} : { reported }),
      ...(unseen.size === 0 ? {} : { proxiesGone: [...unseen] }),
    };
  }
}
