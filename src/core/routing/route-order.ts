import type { PathMatch, RouteMatch } from "./route.ts";

/** A route that stands in no order yet. */
export interface Sortable {
  readonly match: RouteMatch;
  /** Lower goes first, whatever else holds. Default 0. */
  readonly order?: number | undefined;
}

/**
 * The order of precedence:
 * 1. `order`, ascending (default 0);
 * 2. host: an exact one, then `*.` with more labels, then any;
 * 3. path: an exact one; then segment by segment from the left: a fixed segment before `:name` before `*` and the
 *    end of a prefix. So the longer prefix goes first, and `/users/:id` goes before `/users/*`;
 * 4. more conditions (methods count as one, each header and query parameter as one);
 * 5. the position in which they were written.
 */
export function sortRoutes<R extends Sortable>(routes: readonly R[]): R[] {
  return routes
    .map((route, position) => ({ route, position }))
    .sort((left, right) => compare(left.route, right.route) || left.position - right.position)
    .map(({ route }) => route);
}

function compare(left: Sortable, right: Sortable): number {
  return (
    (left.order ?? 0) - (right.order ?? 0) ||
    hostRank(right.match) - hostRank(left.match) ||
    comparePaths(left.match.path, right.match.path) ||
    conditionCount(right.match) - conditionCount(left.match)
  );
}

/** Higher is more specific. A list of hosts is as specific as its least specific one. */
function hostRank(match: RouteMatch): number {
  if (match.hosts.length === 0) return 0;
  const exact = 1_000;
  return Math.min(...match.hosts.map((host) => (host.startsWith("*.") ? host.split(".").length : exact)));
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
