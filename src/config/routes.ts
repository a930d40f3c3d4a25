import { matchKey, sortRoutes } from "../core/routing/route-order.ts";
import type { Condition, PathMatch, Route, RouteTarget } from "../protocol/configuration.ts";
import type { RouteConfig, SkeinConfig } from "./config.ts";
import { routeDefaults } from "./defaults.ts";
import type { Issues, KeyPath } from "./issues.ts";
import { resolvePriority, resolveRateLimit } from "./overload.ts";
import { readDuration, readSize, readWithin } from "./quantities.ts";
import { parseRouteHost, parseRouteKey, pathFault, type RouteKey } from "./route-key.ts";
import { serviceNameFault } from "./services.ts";

type OrderedRoute = Route & { order: number; writtenAt: KeyPath };

/** Routes in their order of precedence. */
export function resolveRoutes(written: NonNullable<SkeinConfig["routes"]>, issues: Issues): Route[] {
  const routes: OrderedRoute[] = [];
  for (const [key, value] of Object.entries(written)) {
    const path: KeyPath = ["routes", key];
    const parsed = parseRouteKey(key, path, issues);
    if (parsed === undefined) continue;
    const list = Array.isArray(value) ? value : [value];
    if (list.length === 0) issues.add(path, "the list is empty; name a service");
    for (const [at, each] of list.entries()) {
      const name = at === 0 ? key : `${key} #${at + 1}`;
      const routePath = Array.isArray(value) ? [...path, at] : path;
      const config = typeof each === "string" ? { to: each } : each;
      routes.push(resolveRoute(name, parsed, config, routePath, typeof each === "string", issues));
    }
  }
  refuseDoubles(routes, issues);
  return sortRoutes(routes).map(({ order, writtenAt: _writtenAt, ...route }) =>
    order === 0 ? route : { ...route, order },
  );
}

function resolveRoute(
  name: string,
  key: RouteKey,
  config: RouteConfig,
  path: KeyPath,
  short: boolean,
  issues: Issues,
): OrderedRoute {
  const { timeout, maxBody, order } = config;
  const more = (config.hosts ?? []).map((host, at) => parseRouteHost(host, [...path, "hosts", at], issues));
  const rewrite = resolveRewrite(config, key.path, path, issues);
  const priority = resolvePriority(config.priority, [...path, "priority"], issues);
  const rateLimit = resolveRateLimit(config.rateLimit, [...path, "rateLimit"], issues);
  const bodyBytesMax = readSize(maxBody, 0, [...path, "maxBody"], issues);
  return {
    name,
    writtenAt: path,
    order: readWithin(order, 0, [...path, "order"], issues, { min: -1_000_000, max: 1_000_000 }),
    match: {
      hosts: [...new Set([...key.hosts, ...more.filter((host) => host !== undefined)])],
      path: key.path,
      methods: resolveMethods(config.methods ?? [], [...path, "methods"], issues),
      headers: resolveHeaders(config.headers ?? {}, [...path, "headers"], issues),
      query: conditionsOf(config.query ?? {}),
    },
    to: resolveTargets(config.to, short ? path : [...path, "to"], issues),
    ...(rewrite === undefined ? {} : { rewrite }),
    headTimeoutMs: readDuration(timeout, routeDefaults.headTimeoutMs, [...path, "timeout"], issues),
    upgrades: resolveUpgrades(config.upgrades ?? [], [...path, "upgrades"], issues),
    ...(maxBody === undefined ? {} : { bodyBytesMax }),
    allowEncodedSlash: config.allowEncodedSlash ?? routeDefaults.allowEncodedSlash,
    retry: config.retry ?? routeDefaults.retry,
    ...(priority === undefined ? {} : { priority }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(config.idempotencyKey === true ? { idempotencyKey: true } : {}),
  };
}

function resolveTargets(to: RouteConfig["to"], path: KeyPath, issues: Issues): Route["to"] {
  const shares = typeof to === "string" ? [[to, 1] as const] : Object.entries(to);
  for (const [target, weight] of shares) {
    const fault = serviceNameFault(targetOf(target).service);
    const servicePath = typeof to === "string" ? path : [...path, target];
    if (fault !== undefined) issues.add(servicePath, fault);
    if (!(weight >= 0 && weight <= 1_000_000))
      issues.add(servicePath, `the weight ${weight} is not 0 to 1000000`);
  }
  if (shares.length === 0) issues.add(path, "name at least one service");
  else if (shares.every(([, weight]) => weight === 0))
    issues.add(path, "at least one weight must be above 0");
  return shares.map(([target, weight]) => ({ ...targetOf(target), weight }));
}

/** `web`, or `web:canary`: a subset of the service. */
function targetOf(written: string): Pick<RouteTarget, "service" | "subset"> {
  const colon = written.indexOf(":");
  if (colon === -1) return { service: written };
  return { service: written.slice(0, colon), subset: written.slice(colon + 1) };
}

function resolveMethods(written: readonly string[], path: KeyPath, issues: Issues): string[] {
  const methods = new Set<string>();
  for (const [at, method] of written.entries()) {
    if (!/^[!#$%&'*+.^_`|~\w-]{1,32}$/.test(method)) {
      issues.add([...path, at], `${JSON.stringify(method)} is no method`);
    }
    methods.add(method.toUpperCase());
  }
  for (const method of ["CONNECT", "TRACE"]) {
    if (methods.has(method)) issues.add(path, `${method} is never forwarded`);
  }
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods];
}

function resolveHeaders(written: Record<string, string | true>, path: KeyPath, issues: Issues): Condition[] {
  for (const name of Object.keys(written)) {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) {
      issues.add([...path, name], `${JSON.stringify(name)} is no header's name`);
    }
    if (name.toLowerCase() === "host") issues.add([...path, name], 'hosts are matched with "hosts"');
  }
  return conditionsOf(written).map((condition) => ({ ...condition, name: condition.name.toLowerCase() }));
}

function conditionsOf(written: Record<string, string | true>): Condition[] {
  return Object.entries(written).map(([name, value]) => (value === true ? { name } : { name, value }));
}

function resolveUpgrades(written: readonly string[], path: KeyPath, issues: Issues): string[] {
  for (const [at, protocol] of written.entries()) {
    const lower = protocol.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~\w/-]{1,64}$/.test(protocol)) {
      issues.add([...path, at], `${JSON.stringify(protocol)} is no protocol`);
    } else if (lower === "h2c" || lower === "h2") {
      issues.add(
        [...path, at],
        `an upgrade to ${protocol} would let requests pass unseen; it is never forwarded`,
      );
    }
  }
  return [...new Set(written.map((protocol) => protocol.toLowerCase()))].filter(
    (each) => each !== "websocket",
  );
}

function resolveRewrite(
  config: RouteConfig,
  match: PathMatch,
  path: KeyPath,
  issues: Issues,
): Route["rewrite"] {
  const { strip, rewrite } = config;
  if (strip !== undefined && strip !== false && rewrite !== undefined) {
    return issues.add(path, 'choose one of "strip" and "rewrite"');
  }
  const own = fixedPrefixOf(match);
  if (strip !== undefined && strip !== false) {
    const prefix = strip === true ? own : strip;
    return checkedRewrite({ prefix, with: "/" }, own, [...path, "strip"], issues);
  }
  if (rewrite === undefined) return undefined;
  const full = typeof rewrite === "string" ? { prefix: own, with: rewrite } : rewrite;
  return checkedRewrite(full, own, [...path, "rewrite"], issues);
}

function checkedRewrite(
  rewrite: { prefix: string; with: string },
  own: string,
  path: KeyPath,
  issues: Issues,
): Route["rewrite"] {
  const fault = pathFault(rewrite.prefix) ?? pathFault(rewrite.with);
  if (fault !== undefined) return issues.add(path, fault);
  const prefix = rewrite.prefix.length > 1 ? rewrite.prefix.replace(/\/$/, "") : rewrite.prefix;
  if (prefix !== "/" && own !== prefix && !own.startsWith(`${prefix}/`)) {
    return issues.add(path, `"${prefix}" is no prefix of the route's path "${own}"`);
  }
  if (prefix === "/" && rewrite.with === "/") {
    return issues.add(path, "nothing would be taken off; the route's path has no fixed prefix");
  }
  return { prefix, with: rewrite.with };
}

/** The part of a route's path that is the same for every request. */
function fixedPrefixOf(match: PathMatch): string {
  if (match.kind !== "pattern") return match.path;
  const first = match.segments.findIndex((segment) => segment.startsWith(":") || segment === "*");
  return `/${match.segments.slice(0, first === -1 ? undefined : first).join("/")}`;
}

/** A route that asks the same as one before it would never be reached. */
function refuseDoubles(routes: readonly OrderedRoute[], issues: Issues): void {
  const firsts = new Map<string, OrderedRoute>();
  for (const route of routes) {
    const key = `${route.order} ${matchKey(route.match)}`;
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, route);
    else
      issues.add(
        route.writtenAt,
        `this route asks the same as ${JSON.stringify(first.name)}, and is never reached`,
      );
  }
}
