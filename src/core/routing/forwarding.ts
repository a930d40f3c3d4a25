import { withoutLastSlash } from "./path-index.ts";
import type { Route } from "./route.ts";

/**
 * The path to forward: the route's prefix replaced, on the raw bytes that were routed. Where a prefix is only taken
 * off, what is left begins with one slash: `/api//host` gives `/host`, for many programs read two slashes as the
 * beginning of a host's name.
 */
export function rewritePath(route: Pick<Route, "rewrite">, path: string): string {
  const { rewrite } = route;
  if (rewrite === undefined) return path;
  const prefix = withoutLastSlash(rewrite.prefix);
  if (!path.startsWith(prefix)) return path;
  const rest = path.slice(prefix.length);
  if (rest !== "" && !rest.startsWith("/")) return path;
  const head = withoutLastSlash(rewrite.with);
  if (head !== "") return head + rest;
  return `/${rest.replace(/^\/+/, "")}`;
}

/** The service for one request: by weight. `chance` in [0, 1). */
export function chooseService(route: Pick<Route, "to">, chance: number): string {
  const { to } = route;
  let left = chance * to.reduce((sum, share) => sum + share.weight, 0);
  let chosen = "";
  for (const share of to) {
    if (share.weight <= 0) continue;
    chosen = share.service;
    left -= share.weight;
    if (left < 0) return chosen;
  }
  return chosen === "" ? (to[0]?.service ?? "") : chosen;
}
