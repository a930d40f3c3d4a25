import type { PriorityRules } from "../core/admission/priority.ts";
import type { RateLimit, Service } from "../protocol/configuration.ts";
import type { RouteConfig, ServiceConfig } from "./config.ts";
import type { Issues, KeyPath } from "./issues.ts";
import { readKey } from "./policy.ts";
import { readCount, readDuration, readWithin } from "./quantities.ts";

/** What a service does when not everybody can be served; nothing where nothing is written. */
export function resolveOverload(
  { adaptiveLimit, fairBy }: ServiceConfig,
  path: KeyPath,
  issues: Issues,
): Pick<Service, "adaptiveLimit" | "fairBy"> {
  const limitPath = [...path, "adaptiveLimit"];
  return {
    ...(adaptiveLimit === false ? { adaptiveLimit } : {}),
    ...(typeof adaptiveLimit === "object" && adaptiveLimit.least !== undefined
      ? {
          adaptiveLimit: {
            min: readCount(adaptiveLimit.least, 1, [...limitPath, "least"], issues, { min: 1, max: 100_000 }),
          },
        }
      : {}),
    ...(fairBy === undefined ? {} : { fairBy: readKey(fairBy, [...path, "fairBy"], issues) }),
  };
}

export function resolvePriority(
  written: RouteConfig["priority"],
  path: KeyPath,
  issues: Issues,
): PriorityRules | undefined {
  if (written === undefined) return undefined;
  if (typeof written === "string") return { use: written };
  const { use = "normal", header, raise } = written;
  if (header !== undefined && !/^[!#$%&'*+.^_`|~\w-]+$/.test(header)) {
    issues.add([...path, "header"], `${JSON.stringify(header)} is no header's name`);
  }
  if (raise === true && header === undefined) issues.add([...path, "raise"], 'it needs a "header"');
  return {
    use,
    ...(header === undefined ? {} : { header: header.toLowerCase() }),
    ...(raise === true ? { raise } : {}),
  };
}

export function resolveRateLimit(
  written: RouteConfig["rateLimit"],
  path: KeyPath,
  issues: Issues,
): RateLimit | undefined {
  if (written === undefined) return undefined;
  const { requests, per, burst, key } = written;
  const many = { min: 1, max: 1_000_000_000 };
  return {
    requests: readWithin(requests, 1, [...path, "requests"], issues, many),
    perMs: readDuration(per, 1_000, [...path, "per"], issues, { min: 1, max: 86_400_000 }),
    burst: readWithin(burst, requests, [...path, "burst"], issues, many),
    key: readKey(key, [...path, "key"], issues),
  };
}
