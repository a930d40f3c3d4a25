import { drawingPolicies, keyedPolicies, type Policy } from "../core/balancing/candidate.ts";
import { usualAperture } from "../core/balancing/aperture.ts";
import type { RequestKey, Service } from "../protocol/configuration.ts";
import type { PolicyConfig } from "./config.ts";
import { nearest } from "../core/did-you-mean.ts";
import type { Issues, KeyPath } from "./issues.ts";
import { readCount, readWithin } from "./quantities.ts";

const named = ["header", "cookie", "query"] as const;
const nameless = ["address", "host", "path"] as const;
const examples = '"address", "host", "path", "header:NAME", "cookie:NAME", "query:NAME"';

/** Its client's: what is there of every request. */
const defaultKey: RequestKey = { from: "address" };

export function resolvePolicy(
  written: Policy | PolicyConfig | undefined,
  byDefault: Policy,
  path: KeyPath,
  issues: Issues,
): Pick<Service, "policy" | "policyKey" | "loadBound" | "aperture"> {
  const { use, key, bound, aperture } = typeof written === "object" ? written : { use: written ?? byDefault };
  if (!keyedPolicies.has(use)) {
    const byKey = [...keyedPolicies].join(", ");
    if (key !== undefined) issues.add([...path, "key"], `"${use}" goes by no key; by key go ${byKey}`);
    if (bound !== undefined) issues.add([...path, "bound"], `"${use}" has no bound; it is for ${byKey}`);
  }
  if (aperture !== undefined && !drawingPolicies.has(use)) {
    const drawing = [...drawingPolicies].join(", ");
    issues.add([...path, "aperture"], `"${use}" goes by all workers; an aperture is for ${drawing}`);
  }
  if (!keyedPolicies.has(use)) {
    return { policy: use, ...readAperture(aperture, [...path, "aperture"], issues) };
  }
  const policyKey = readKey(key, [...path, "key"], issues);
  if (bound === undefined) return { policy: use, policyKey };
  const loadBound = readWithin(bound, 0, [...path, "bound"], issues, { min: 1.05, max: 100 });
  return { policy: use, policyKey, loadBound };
}

function readAperture(
  written: PolicyConfig["aperture"],
  path: KeyPath,
  issues: Issues,
): Pick<Service, "aperture"> {
  if (written === undefined || written === "all") return written === undefined ? {} : { aperture: written };
  return { aperture: readCount(written, usualAperture, path, issues, { min: 8, max: 100_000 }) };
}

/** Without a word about it: the client's address. */
export function readKey(written: string | undefined, path: KeyPath, issues: Issues): RequestKey {
  if (written === undefined) return defaultKey;
  const colon = written.indexOf(":");
  const kind = colon === -1 ? written : written.slice(0, colon);
  const name = colon === -1 ? "" : written.slice(colon + 1);
  const plain = nameless.find((each) => each === kind);
  if (plain !== undefined && colon === -1) return { from: plain };
  const from = named.find((each) => each === kind);
  if (from !== undefined && isName(from, name))
    return { from, name: from === "header" ? name.toLowerCase() : name };
  const near = nearest(kind, [...named, ...nameless]);
  const hint = near === undefined || near === kind ? `write one of ${examples}` : `did you mean "${near}"?`;
  issues.add(path, `"${written}" is no key of a request; ${hint}`);
  return defaultKey;
}

/** A token, as names of headers and cookies are; a query's may be anything but what separates it. */
function isName(from: (typeof named)[number], name: string): boolean {
  return from === "query" ? /^[^&=#\s]+$/.test(name) : /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);
}
