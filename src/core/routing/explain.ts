import { headerHolds, methodHolds, parameterHolds } from "./conditions.ts";
import { byHost } from "./route-order.ts";
import type { Condition, PathMatch, RequestFacts, Route, RouteMatch } from "./route.ts";

export interface RouteExplanation<R extends Route = Route> {
  readonly route: R;
  readonly verdict:
    | "chosen"
    /** Matches, but one that goes before it was chosen. */
    | "later"
    | "no";
  /** Why not, in words; empty when it matches. */
  readonly reasons: readonly string[];
}

/** For each route, in the order of precedence, whether it matches and why not. */
export function explainRoute<R extends Route>(
  routes: readonly R[],
  facts: RequestFacts,
): RouteExplanation<R>[] {
  const explained = routes.map((route) => ({ route, reasons: reasonsAgainst(route.match, facts) }));
  const matching = explained.filter(({ reasons }) => reasons.length === 0).map(({ route }) => route);
  const chosen = byHost(matching).find(({ host }) => host === undefined || hostFits(host, facts.host))?.route;
  return explained.map(({ route, reasons }) => {
    const matches = route === chosen ? "chosen" : "later";
    return { route, verdict: reasons.length > 0 ? "no" : matches, reasons };
  });
}

function reasonsAgainst(match: RouteMatch, facts: RequestFacts): string[] {
  const reasons: string[] = [];
  if (!hostHolds(match.hosts, facts.host)) {
    reasons.push(`host is ${quoted(facts.host)}, not ${match.hosts.join(" or ")}`);
  }
  if (!pathHolds(match.path, facts.path)) {
    reasons.push(`path ${quoted(facts.path)} ${pathReason(match.path)}`);
  }
  if (!methodHolds(match, facts))
    reasons.push(`method is ${facts.method}, not ${match.methods.join(" or ")}`);
  for (const condition of match.headers) {
    if (!headerHolds(condition, facts)) {
      reasons.push(conditionReason("header", condition, facts.header(condition.name)));
    }
  }
  for (const condition of match.query) {
    if (!parameterHolds(condition, facts.query)) reasons.push(conditionReason("query parameter", condition));
  }
  return reasons;
}

function hostHolds(hosts: readonly string[], host: string): boolean {
  return hosts.length === 0 || hosts.some((each) => hostFits(each, host));
}

function hostFits(asked: string, host: string): boolean {
  if (!asked.startsWith("*.")) return host === asked;
  return host.endsWith(asked.slice(1)) && host.length > asked.length - 1;
}

function pathHolds(match: PathMatch, path: string): boolean {
  switch (match.kind) {
    case "exact":
      return path === match.path;
    case "prefix": {
      const prefix = match.path.endsWith("/") ? match.path.slice(0, -1) : match.path;
      return prefix === "" || path === prefix || path.startsWith(`${prefix}/`);
    }
    case "pattern":
      return patternHolds(match.segments, path);
  }
}

function patternHolds(segments: readonly string[], path: string): boolean {
  if (!path.startsWith("/")) return false;
  const given = path.slice(1).split("/");
  const open = segments.at(-1) === "*";
  const fixed = open ? segments.slice(0, -1) : segments;
  if (open ? given.length < fixed.length : given.length !== fixed.length) return false;
  return fixed.every((segment, at) => (segment.startsWith(":") ? given[at] !== "" : segment === given[at]));
}

function pathReason(match: PathMatch): string {
  switch (match.kind) {
    case "exact":
      return `is not exactly ${quoted(match.path)}`;
    case "prefix":
      return `is not ${quoted(match.path)} or below it`;
    case "pattern":
      return `does not fit the pattern /${match.segments.join("/")}`;
  }
}

function conditionReason(what: string, condition: Condition, given?: string): string {
  if (condition.value === undefined) return `${what} ${condition.name} is missing`;
  const found = given === undefined ? "" : `, but ${quoted(given)}`;
  return `${what} ${condition.name} is not ${quoted(condition.value)}${found}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
