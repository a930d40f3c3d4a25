import { type Priority, priorityOf } from "../../core/admission/priority.ts";
import type { Origin, RequestHead } from "../../http1/http1.ts";
import type { Route, Service } from "../../protocol/configuration.ts";
import type { ProblemName } from "../../protocol/problem.ts";
import { byAddress, requestKeyOf } from "./request-key.ts";

/** Refused as too many came. */
export const shedding: ReadonlySet<ProblemName> = new Set([
  "queueFull",
  "queueTimeout",
  "displaced",
  "rateLimited",
]);

/** Which class a request is of, where not all can be served. */
export function priorityIn(rules: Route["priority"], head: RequestHead, origin: Origin): Priority {
  if (rules === undefined) return "normal";
  const named = rules.header === undefined ? undefined : head.header(rules.header);
  return priorityOf(rules, named, origin.trusted);
}

/** Whose it is, hashed. Looked for only where a request has to wait: most never do. */
export function tenantIn({ fairBy = byAddress }: Service, head: RequestHead, origin: Origin): number {
  return requestKeyOf(fairBy, head, origin) ?? 0;
}
