import { isIP } from "node:net";
import type { Check, Service, StaticWorker } from "../protocol/configuration.ts";
import { formatAddress, parseWorkerAddress } from "./address.ts";
import type { CheckConfig, ServiceConfig, WorkerConfig, WorkerEntryConfig } from "./config.ts";
import { checkDefaults, defaultService } from "./defaults.ts";
import type { Issues, KeyPath } from "./issues.ts";
import { resolveOverload } from "./overload.ts";
import { resolvePolicy } from "./policy.ts";
import { readCount, readDuration, readWithin } from "./quantities.ts";
import { pathFault } from "./route-key.ts";
import { warnOfRingWeights } from "./ring-weights.ts";
import { resolveSticky } from "./sticky.ts";
import { resolveLabels, resolveSubsets } from "./subsets.ts";
import { type FileSurroundings, resolveWorkerTls } from "./tls.ts";

const weightMax = 1_000;

/** The same rule as for services that workers register. */
export function serviceNameFault(name: string): string | undefined {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return undefined;
  return `${JSON.stringify(name)} is no name of a service; use letters, digits, ".", "_", "-", at most 64`;
}

export function resolveService(
  name: string,
  written: ServiceConfig | WorkerConfig[],
  path: KeyPath,
  surroundings: FileSurroundings,
  issues: Issues,
): Service {
  const fault = serviceNameFault(name);
  if (fault !== undefined) issues.add(path, fault);
  const config = Array.isArray(written) ? { workers: written } : written;
  const workersPath = Array.isArray(written) ? path : [...path, "workers"];
  const defaults = defaultService(name);
  const tls = resolveWorkerTls(config.tls, [...path, "tls"], surroundings, issues);
  const { slowStart, drain, queue = {}, maxInFlight } = config;
  const anyTime = { min: 0, max: 3_600_000 };
  const limit = readCount(maxInFlight, 0, [...path, "maxInFlight"], issues, { min: 1, max: 1_000_000 });
  const workers = resolveWorkers(config.workers ?? [], tls !== undefined, workersPath, issues);
  const policy = resolvePolicy(config.policy, defaults.policy, [...path, "policy"], issues);
  warnOfRingWeights({ ...policy, workers }, workersPath, issues);
  return {
    name,
    workers,
    check: resolveCheck(config.check, [...path, "check"], issues) ?? defaults.check,
    ...policy,
    slowStartMs: readDuration(slowStart, defaults.slowStartMs, [...path, "slowStart"], issues, anyTime),
    ...resolveSubsets(config.subsets, [...path, "subsets"], issues),
    ...resolveSticky(name, config.sticky, [...path, "sticky"], surroundings, issues),
    ...(config.preferZone === true ? { preferZone: true } : {}),
    ...(maxInFlight === undefined ? {} : { maxInFlight: limit }),
    queue: {
      max: readCount(queue.max, defaults.queue.max, [...path, "queue", "max"], issues, {
        min: 0,
        max: 100_000,
      }),
      waitMs: readDuration(queue.wait, defaults.queue.waitMs, [...path, "queue", "wait"], issues),
    },
    ...resolveOverload(config, path, issues),
    drainMs: readDuration(drain, defaults.drainMs, [...path, "drain"], issues, anyTime),
    ...(config.ejectSlow === true ? { ejectSlow: true } : {}),
    ...(config.hedge === true ? { hedge: true } : {}),
    ...(tls === undefined ? {} : { tls }),
  };
}

function resolveWorkers(
  written: readonly WorkerConfig[],
  secure: boolean,
  path: KeyPath,
  issues: Issues,
): StaticWorker[] {
  const ids = new Set<string>();
  const addresses = new Set<string>();
  const workers: StaticWorker[] = [];
  for (const [at, each] of written.entries()) {
    const entry: WorkerEntryConfig = typeof each === "string" ? { address: each } : each;
    const entryPath = [...path, at];
    const addressPath = typeof each === "string" ? entryPath : [...entryPath, "address"];
    const parsed = parseWorkerAddress(entry.address, addressPath, issues);
    const weight = readWithin(entry.weight, 1, [...entryPath, "weight"], issues, { min: 0, max: weightMax });
    if (parsed === undefined) continue;
    const address = formatAddress(parsed);
    const id = entry.id ?? address;
    if (id === "" || id.length > 128) issues.add([...entryPath, "id"], "an id has 1 to 128 characters");
    if (addresses.has(address)) issues.add(addressPath, `the address ${address} stands here twice`);
    else if (ids.has(id)) issues.add([...entryPath, "id"], `the id ${JSON.stringify(id)} stands here twice`);
    addresses.add(address);
    ids.add(id);
    // Its name is what a certificate is for; it is lost when the address takes its place.
    const named = secure && isIP(parsed.host) === 0;
    const zone = entry.zone === "" ? undefined : entry.zone;
    workers.push({
      id,
      address,
      weight,
      ...resolveLabels({ ...entry, zone }, entryPath, issues),
      ...(entry.backup === true ? { backup: true } : {}),
      ...(named ? { serverName: parsed.host.toLowerCase() } : {}),
    });
  }
  return workers;
}

function resolveCheck(
  written: CheckConfig | false | undefined,
  path: KeyPath,
  issues: Issues,
): Check | undefined {
  if (written === undefined) return undefined;
  if (written === false) return { kind: "none" };
  const { every, timeout, fall, rise, http } = written;
  const times = { min: 50, max: 3_600_000 };
  const counts = { min: 1, max: 100 };
  const rhythm = {
    everyMs: readDuration(every, checkDefaults.everyMs, [...path, "every"], issues, times),
    timeoutMs: readDuration(timeout, checkDefaults.timeoutMs, [...path, "timeout"], issues, times),
    fall: readCount(fall, checkDefaults.fall, [...path, "fall"], issues, counts),
    rise: readCount(rise, checkDefaults.rise, [...path, "rise"], issues, counts),
  };
  if (http === undefined) return { kind: "tcp", ...rhythm };
  if (written.tcp !== undefined) return issues.add(path, 'choose one of "http" and "tcp"');
  const fault = pathFault(http.split("?")[0] ?? "");
  if (fault !== undefined || /[^!-~]|#/.test(http)) {
    return issues.add([...path, "http"], fault ?? `"${http}" is no path and query`);
  }
  return { kind: "http", path: http, ...rhythm };
}
