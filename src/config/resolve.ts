import { resolve as resolvePath } from "node:path";
import type {
  GatewayConfiguration,
  Reception,
  RegistrationRules,
  Service,
  TrafficConfiguration,
} from "../protocol/configuration.ts";
import { parseListenAddress } from "./address.ts";
import { refuseCircles } from "./circles.ts";
import type { SkeinConfig } from "./config.ts";
import { defaultService, gatewayDefaults, registrationDefaults } from "./defaults.ts";
import type { Issue } from "./issues.ts";
import { Issues } from "./issues.ts";
import { resolveListeners } from "./listeners.ts";
import { standsWithout } from "./parts.ts";
import { resolveProxy, resolveRanges } from "./proxy-settings.ts";
import { readCount, readSize } from "./quantities.ts";
import { resolveRoutes } from "./routes.ts";
import { resolveService } from "./services.ts";
import { checkShape } from "./shape.ts";
import { warnOfPlainText } from "./plain-text.ts";
import { resolveJoin } from "./role.ts";
import { checkSubsets } from "./subsets.ts";
import { resolveStore } from "./store.ts";
import type { FileSurroundings } from "./tls.ts";
import { resolveTraces } from "./traces.ts";

export interface Surroundings extends FileSurroundings {
  /** Paths in `state`, `store` and `accessLog` are relative to these. */
  directoryOf(key: "state" | "store" | "accessLog"): string;
  /** Cores that this process may use: the default number of proxies. */
  readonly cores: number;
  readonly hints: boolean;
}

export type Resolved =
  | { ok: true; configuration: GatewayConfiguration; warnings: Issue[] }
  | { ok: false; issues: Issue[] };

/** What people write, with every default filled in; or everything that is wrong with it. */
export function resolveConfiguration(written: unknown, surroundings: Surroundings): Resolved {
  const { config, issues: misshapen } = checkShape(written);
  if (config === undefined) return { ok: false, issues: misshapen };
  const issues = new Issues();
  const configuration = resolveShaped(config, surroundings, issues);
  const wrong = [...misshapen, ...issues.list.filter((issue) => standsWithout(issue, misshapen))];
  if (wrong.length > 0) return { ok: false, issues: wrong };
  return { ok: true, configuration, warnings: issues.warnings };
}

function resolveShaped(
  config: SkeinConfig,
  surroundings: Surroundings,
  issues: Issues,
): GatewayConfiguration {
  const control = parseListenAddress(config.control ?? gatewayDefaults.control, ["control"], issues);
  const listen = config.listen ?? gatewayDefaults.listen;
  const { listeners, receptions } = resolveListeners(listen, config.tls, control, surroundings, issues);
  const traffic = resolveTraffic(config, receptions, surroundings, issues);
  const isHere = control !== undefined && config.join === undefined;
  refuseCircles(traffic.services, isHere ? [...listeners, control] : listeners, issues);
  const processes = (key: "proxies" | "controllers", fallback: number, max: number): number =>
    readCount(config[key], fallback, [key], issues, { min: 1, max });
  const store = resolveStore(config.store, surroundings.directoryOf("store"), issues);
  warnOfPlainText(store, issues);
  const join = resolveJoin(config, issues);
  return {
    listeners,
    // Where no controller is, nobody is to be found at its usual place.
    control:
      join === undefined ? (control ?? { host: "127.0.0.1", port: 7600 }) : { host: "127.0.0.1", port: 0 },
    ...(join === undefined ? {} : { join }),
    ...(config.insecurePlainControl === true ? { insecurePlainControl: true } : {}),
    state: resolveState(config, surroundings, issues),
    proxies: processes("proxies", Math.min(surroundings.cores, proxiesMax), proxiesMax),
    // What is in the memory of one process is shared with no other: two controllers would be two leaders.
    controllers:
      join !== undefined
        ? 0
        : store.driver === "memory"
          ? processes("controllers", 1, 1)
          : processes("controllers", gatewayDefaults.controllers, controllersMax),
    store,
    traffic,
  };
}

/** Empty would be the directory of the configuration itself, with all that is in it. */
function resolveState(config: SkeinConfig, surroundings: Surroundings, issues: Issues): string {
  const { state = gatewayDefaults.state } = config;
  if (state.trim() === "") issues.add(["state"], 'a directory is missing; write "./.skein", or leave it out');
  return resolvePath(surroundings.directoryOf("state"), state);
}

const proxiesMax = 128;
const controllersMax = 3;
function resolveTraffic(
  config: SkeinConfig,
  receptions: Record<string, Reception>,
  surroundings: Surroundings,
  issues: Issues,
): TrafficConfiguration {
  const services: Record<string, Service> = {};
  for (const [name, written] of Object.entries(config.services ?? {})) {
    services[name] = resolveService(name, written, ["services", name], surroundings, issues);
  }
  const routes = resolveRoutes(config.routes ?? {}, issues);
  for (const { service } of routes.flatMap(({ to }) => to)) {
    if (!Object.hasOwn(services, service)) services[service] = defaultService(service);
  }
  checkSubsets(routes, services, issues);
  const logDirectory = surroundings.directoryOf("accessLog");
  const traces = resolveTraces(config.traces, surroundings, issues);
  return {
    services,
    routes,
    proxy: {
      receptions,
      ...resolveProxy(config, { hints: surroundings.hints, logDirectory }, issues),
      ...(traces === undefined ? {} : { traces }),
    },
    registration: resolveRegistration(config, issues),
  };
}

function resolveRegistration(config: SkeinConfig, issues: Issues): RegistrationRules {
  const { allow = [], workers, metadata } = config.registration ?? {};
  const defaults = registrationDefaults;
  const count = { min: 1, max: 1_000_000 };
  const bytes = { min: 0, max: 65_536 };
  return {
    allow: resolveRanges(allow, ["registration", "allow"], issues),
    workersMax: readCount(workers, defaults.workersMax, ["registration", "workers"], issues, count),
    metadataBytesMax: readSize(
      metadata,
      defaults.metadataBytesMax,
      ["registration", "metadata"],
      issues,
      bytes,
    ),
  };
}
