import type { PathMatch, RouteMatch } from "./route.ts";

/** A route that stands in no order yet. */
export interface Sortable {
  readonly match: RouteMatch;
  /** Lower goes first, whatever else holds. Default 0. */
  readonly order?: number | undefined;
}

/** A route as requests to one of its hosts meet it. */
export interface HostRoute<R extends Sortable> {
  readonly route: R;
  /** Unset: it takes any. */
  readonly host: string | undefined;
}

/**
 * The order of precedence:
 * 1. `order`, ascending (default 0);
 * 2. host: an exact one, then `*.` with more labels, then any;
 * 3. path: an exact one; then segment by segment from the left: a fixed segment before `:name` before `*` and the
 *    end of a prefix. So the longer prefix goes first, and `/users/:id` goes before `/users/*`;
 * 4. more conditions (methods count as one, each header and query parameter as one);
 * 5. the position in which they were written.
 * A route with several hosts stands where the first of them puts it; which host counts, is up to the request: `byHost`.
 */
export function sortRoutes<R extends Sortable>(routes: readonly R[]): R[] {
  return [
    ...new Set(
      routes
        .flatMap(hostRoutes)
        .sort(compare)
        .map(({ route }) => route),
    ),
  ];
}

/** Sorted routes, each with each of its hosts by itself: now they stand where that host puts them. */
export function byHost<R extends Sortable>(sorted: readonly R[]): HostRoute<R>[] {
  const all = sorted.flatMap(hostRoutes);
  // Else they stand there already.
  return sorted.some(hasHostsOfSeveralRanks) ? all.sort(compare) : all;
}

function hostRoutes<R extends Sortable>(route: R): HostRoute<R>[] {
  const { hosts } = route.match;
  if (hosts.length === 0) return [{ route, host: undefined }];
  return [...new Set(hosts)].map((host) => ({ route, host }));
}

function hasHostsOfSeveralRanks({ match: { hosts } }: Sortable): boolean {
  return hosts.some((host) => hostRank(host) !== hostRank(hosts[0]));
}

function compare(left: HostRoute<Sortable>, right: HostRoute<Sortable>): number {
  const [one, other] = [left.route, right.route];
  return (
    (one.order ?? 0) - (other.order ?? 0) ||
    hostRank(right.host) - hostRank(left.host) ||
    comparePaths(one.match.path, other.match.path) ||
    conditionCount(other.match) - conditionCount(one.match)
  );
}

/** Higher is more specific. */
function hostRank(host: string | undefined): number {
  if (host === undefined) return 0;
  const exact = 1_000;
  return host.startsWith("*.") ? host.split(".").length : exact;
}

function comparePaths(left: PathMatch, right: PathMatch): number {
  if (left.kind === "exact" || right.kind === "exact") {
    return Number(right.kind === "exact") - Number(left.kind === "exact");
  }
  const leftRanks = segmentRanks(left);
  const rightRanks = segmentRanks(right);
  for (let at = 0; at < Math.min(leftRanks.length, rightRanks.length); at += 1) {
    const difference = (rightRanks[at] ?? 0) - (leftRanks[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const rest = 0;
const end = 1;
const anySegment = 2;
const fixedSegment = 3;

function segmentRanks(path: PathMatch): number[] {
  if (path.kind !== "pattern") {
    return [
      ...path.path
        .split("/")
        .filter((segment) => segment !== "")
        .map(() => fixedSegment),
      rest,
    ];
  }
  const ranks = path.segments.map((segment) => (segment.startsWith(":") ? anySegment : fixedSegment));
  return path.segments.at(-1) === "*" ? [...ranks.slice(0, -1), rest] : [...ranks, end];
}

function conditionCount(match: RouteMatch): number {
  return Number(match.methods.length > 0) + match.headers.length + match.query.length;
}

/** The same for two routes that ask exactly the same: the later one could never be reached. */
export function matchKey(match: RouteMatch): string {
  const conditions = (list: RouteMatch["headers"]): string[] =>
    list.map(({ name, value }) => JSON.stringify([name, value])).sort();
  return JSON.stringify([
    [...match.hosts].sort(),
    pathKey(match.path),
    [...match.methods].sort(),
    conditions(match.headers),
    conditions(match.query),
  ]);
}

/** The names of `:name` segments do not matter. */
function pathKey(path: PathMatch): readonly string[] {
  if (path.kind !== "pattern") return [path.kind, path.path];
  return [path.kind, ...path.segments.map((segment) => (segment.startsWith(":") ? ":" : segment))];
}
