/**
 * Which member of etcd is spoken to: one at a time, by calls and watch alike, until it fails. Then the next in the list;
 * whether it is better shows itself.
 */
export interface Endpoints {
  /** `host:port` of each member that was configured; at least one. */
  readonly all: readonly string[];
  readonly at: number;
}

/** `chance` in [0, 1) spreads the controllers over the members. */
export function endpointsOf(all: readonly string[], chance: number): Endpoints {
  return { all, at: Math.floor(chance * all.length) };
}

export function currentOf({ all, at }: Endpoints): string {
  return all[at % all.length] ?? "";
}

/** After a failure at `endpoint`. Of several calls that failed at one member only the first makes a step. */
export function afterFailure(endpoints: Endpoints, endpoint: string): Endpoints {
  if (currentOf(endpoints) !== endpoint) return endpoints;
  return { ...endpoints, at: (endpoints.at + 1) % endpoints.all.length };
}
