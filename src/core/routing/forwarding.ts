import { withoutLastSlash } from "./path-index.ts";
import type { Route, RouteTarget } from "./route.ts";

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

/** Where one request goes: by weight. `chance` gives a number in [0, 1), and is asked where there is a choice. */
export function chooseTarget<Target extends RouteTarget>(
  { to }: { readonly to: readonly Target[] },
  chance: () => number,
): Target | undefined {
  if (to.length === 1) return to[0];
  let left = chance() * to.reduce((sum, share) => sum + share.weight, 0);
  let chosen: Target | undefined;
  for (const share of to) {
    if (share.weight <= 0) continue;
    chosen = share;
    left -= share.weight;
    if (left < 0) return chosen;
  }
  return chosen ?? to[0];
}
