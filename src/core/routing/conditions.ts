import { decodedQueryText } from "../query-text.ts";
import type { Condition, RequestFacts, RouteMatch } from "./route.ts";

/** Whether method, headers and query of a request meet what a route asks beyond host and path. */
export function conditionsHold(match: RouteMatch, facts: RequestFacts): boolean {
  return methodHolds(match, facts) && headersHold(match, facts) && queryHolds(match, facts);
}

export function methodHolds(match: RouteMatch, facts: RequestFacts): boolean {
  return match.methods.length === 0 || match.methods.includes(facts.method);
}

export function headersHold(match: RouteMatch, facts: RequestFacts): boolean {
  return match.headers.every((condition) => headerHolds(condition, facts));
}

export function queryHolds(match: RouteMatch, facts: RequestFacts): boolean {
  return match.query.every((condition) => parameterHolds(condition, facts.query));
}

export function headerHolds(condition: Condition, facts: RequestFacts): boolean {
  const value = facts.header(condition.name);
  return condition.value === undefined ? value !== undefined : value === condition.value;
}

/** True when any of the parameters with this name has the value; names and values are decoded once. */
export function parameterHolds(condition: Condition, query: string): boolean {
  for (const pair of query.split("&")) {
    const equals = pair.indexOf("=");
    const name = equals === -1 ? pair : pair.slice(0, equals);
    if (pair === "" || decodedQueryText(name) !== condition.name) continue;
    if (condition.value === undefined) return true;
    if (decodedQueryText(equals === -1 ? "" : pair.slice(equals + 1)) === condition.value) return true;
  }
  return false;
}
