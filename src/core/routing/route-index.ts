import { conditionsHold } from "./conditions.ts";
import { addToPathIndex, bestByPath, emptyPathIndex, type PathIndex, type Ranked } from "./path-index.ts";
import { byHost as eachByHost } from "./route-order.ts";
import type { PathMatch, RequestFacts, Route } from "./route.ts";

interface Entry<R extends Route> extends Ranked {
  readonly route: R;
  readonly path: PathMatch;
  /** Nothing but host and path is asked. */
  readonly unconditional: boolean;
}

/** Routes prepared for matching. Never changed after `compileRoutes`. */
export interface RouteIndex<R extends Route = Route> {
  readonly routes: readonly R[];
  readonly anyHost: PathIndex<Entry<R>>;
  readonly byHost: ReadonlyMap<string, PathIndex<Entry<R>>>;
  /** By what follows `*.`. */
  readonly byHostSuffix: ReadonlyMap<string, PathIndex<Entry<R>>>;
}

/** Prepares routes that stand in their order of precedence: see `sortRoutes`. */
export function compileRoutes<R extends Route>(routes: readonly R[]): RouteIndex<R> {
  const anyHost = emptyPathIndex<Entry<R>>();
  const byHost = new Map<string, PathIndex<Entry<R>>>();
  const byHostSuffix = new Map<string, PathIndex<Entry<R>>>();
  for (const [rank, { route, host }] of eachByHost(routes).entries()) {
    const { path, methods, headers, query } = route.match;
    const unconditional = methods.length + headers.length + query.length === 0;
    const entry = { rank, route, path, unconditional };
    if (host === undefined) addToPathIndex(anyHost, entry);
    else if (host.startsWith("*.")) addToPathIndex(indexIn(byHostSuffix, host.slice(2)), entry);
    else addToPathIndex(indexIn(byHost, host), entry);
  }
  return { routes, anyHost, byHost, byHostSuffix };
}

/**
 * The first route that matches, each where the host that matches puts it. The cost depends on the request (labels of
 * its host, segments of its path up to the longest configured prefix) and on how many routes share one path, not on
 * how many routes there are.
 */
export function matchRoute<R extends Route>(index: RouteIndex<R>, facts: RequestFacts): R | undefined {
  let best = bestByPath<Entry<R>, RequestFacts>(index.anyHost, facts, undefined, accepts);
  const own = index.byHost.size === 0 ? undefined : index.byHost.get(facts.host);
  if (own !== undefined) best = bestByPath(own, facts, best, accepts);
  if (index.byHostSuffix.size > 0) {
    let dot = facts.host.indexOf(".", 1);
    while (dot !== -1) {
      const wildcard = index.byHostSuffix.get(facts.host.slice(dot + 1));
      if (wildcard !== undefined) best = bestByPath(wildcard, facts, best, accepts);
      dot = facts.host.indexOf(".", dot + 1);
    }
  }
  return best?.route;
}

function accepts(entry: Entry<Route>, facts: RequestFacts): boolean {
  return entry.unconditional || conditionsHold(entry.route.match, facts);
}

function indexIn<R extends Route>(map: Map<string, PathIndex<Entry<R>>>, key: string): PathIndex<Entry<R>> {
  let index = map.get(key);
  if (index === undefined) {
    index = emptyPathIndex();
    map.set(key, index);
  }
  return index;
}
