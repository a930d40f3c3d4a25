import { sameLabels } from "../core/balancing/subsets.ts";
import { newWorker } from "../core/registry/create.ts";
import type { Registration } from "../core/registry/worker.ts";
import type { Service, StaticWorker, TrafficConfiguration } from "../protocol/configuration.ts";
import { type Entry, keyOf } from "./entry.ts";
import { gateFor } from "./gate.ts";
import type { Registry } from "./registry.ts";

/** A configured worker has no life of its own: its generation is always this one, at every controller. */
const configuredGeneration = 1;

/** Makes the registry's configured workers those of the configuration. */
export function applyConfiguredWorkers(registry: Registry, traffic: TrafficConfiguration): void {
  const wanted = new Set<string>();
  for (const service of Object.values(traffic.services)) {
    for (const worker of service.workers) {
      wanted.add(keyOf(service.name, worker.id));
      place(registry, service, worker);
    }
  }
  for (const entry of registry.entries()) {
    if (entry.worker.origin !== "configured" || wanted.has(entry.key)) continue;
    if (entry.worker.sdk || entry.session !== undefined) registry.release(entry);
    else {
      registry.apply(entry, { kind: "leave" });
      registry.forget(entry);
    }
  }
}

/** The configuration may say anew how a worker is checked. */
export function regate(registry: Registry, entry: Entry): void {
  const { worker } = entry;
  const check = registry.checkOf(worker.registration.service);
  const gate = gateFor(check, worker.origin, worker.sdk ? "session" : "heartbeat");
  registry.apply(entry, { kind: "gate", gate });
  registry.checker.consider(entry);
}

/** What may be left out, and may change while the worker stays the same. */
function detailsOf({
  serverName,
  zone,
  version,
  tags = [],
  metadata = {},
  backup,
}: StaticWorker): Pick<Registration, "serverName" | "zone" | "version" | "tags" | "metadata" | "backup"> {
  return {
    ...(serverName === undefined ? {} : { serverName }),
    ...(zone === undefined ? {} : { zone }),
    ...(version === undefined ? {} : { version }),
    tags,
    metadata,
    ...(backup === undefined ? {} : { backup }),
  };
}

function sameDetails(one: StaticWorker | Registration, other: StaticWorker): boolean {
  return (
    one.weight === other.weight &&
    one.serverName === other.serverName &&
    sameLabels(one, other) &&
    one.backup === other.backup
  );
}

/** Its life is not over: one that joined before it came into the configuration keeps its session and its generation. */
function goesOn({ worker }: Entry): boolean {
  return !worker.left && (worker.origin === "configured" || !worker.dead);
}

function place(registry: Registry, service: Service, worker: StaticWorker): void {
  const known = registry.entry(service.name, worker.id);
  const same = known?.worker.registration;
  if (known !== undefined && same?.address === worker.address && goesOn(known)) {
    if (known.worker.origin === "joined") registry.adopt(known);
    if (!sameDetails(same, worker)) {
      const { serverName: _name, zone: _zone, version: _version, backup: _backup, ...rest } = same;
      const registration: Registration = { ...rest, weight: worker.weight, ...detailsOf(worker) };
      known.worker = { ...known.worker, registration };
      registry.publisher.touch(known);
    }
    return;
  }
  const registration: Registration = {
    service: service.name,
    id: worker.id,
    address: worker.address,
    generation: configuredGeneration,
    ttlMs: 0,
    weight: worker.weight,
    ...detailsOf(worker),
  };
  const gate = gateFor(service.check, "configured", "heartbeat");
  const now = registry.ports.clock.now();
  registry.begin(newWorker(registration, "configured", gate, now, known?.worker));
}
