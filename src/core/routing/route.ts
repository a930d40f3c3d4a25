/**
 * What the routing rules need to know of a route. The configured routes fit it structurally; core imports nothing.
 */
export interface Route {
  /** As the user wrote it; unique. */
  readonly name: string;
  readonly match: RouteMatch;
  /** Lower goes first, whatever else holds. Unset: 0. */
  readonly order?: number;
  /** At least one; the weights' sum is above 0. */
  readonly to: readonly RouteTarget[];
  readonly rewrite?: { readonly prefix: string; readonly with: string };
}

export interface RouteTarget {
  readonly service: string;
  /** Unset: any worker of the service. */
  readonly subset?: string;
  readonly weight: number;
}

export interface RouteMatch {
  /** Lower case, without port. `*.example.com` matches one or more labels. Empty: any host. */
  readonly hosts: readonly string[];
  readonly path: PathMatch;
  /** Upper case. Empty: any method. */
  readonly methods: readonly string[];
  readonly headers: readonly Condition[];
  readonly query: readonly Condition[];
}

export type PathMatch =
  | { readonly kind: "exact"; readonly path: string }
  /** Aligned to segments: `/a` matches `/a`, `/a/` and `/a/b`, never `/ab`. `/` matches everything. */
  | { readonly kind: "prefix"; readonly path: string }
  /** `:name` matches one segment that is not empty, a last `*` matches the rest (also an empty one). */
  | { readonly kind: "pattern"; readonly segments: readonly string[] };

/** `value` unset: the name must be present. Header names in lower case. */
export interface Condition {
  readonly name: string;
  readonly value?: string;
}

/** What a request shows to the routing rules. */
export interface RequestFacts {
  /** Lower case, without port: see `hostOfAuthority`. */
  readonly host: string;
  /** Raw, as received, without the query: the same bytes are routed and forwarded. */
  readonly path: string;
  /** Without `?`; empty when there is none. */
  readonly query: string;
  readonly method: string;
  /** Value of the field with this lower-case name. */
  header(name: string): string | undefined;
}

/** The host that routes are matched with: lower case, without port and without the root's dot. */
export function hostOfAuthority(authority: string): string {
  const bracket = authority.lastIndexOf("]");
  const colon = authority.indexOf(":", bracket + 1);
  const host = (colon === -1 ? authority : authority.slice(0, colon)).toLowerCase();
  return host.length > 1 && host.endsWith(".") ? host.slice(0, -1) : host;
}
