import type { HstsConfig, TlsConfig } from "./config.ts";
import type { Issues, KeyPath } from "./issues.ts";
import { readDuration } from "./quantities.ts";

const dayMs = 86_400_000;
const yearMs = 365 * dayMs;
/** Browsers' lists take no less. */
const preloadMsMin = yearMs;
const range = { min: 0, max: 10 * yearMs };

/** The value of Strict-Transport-Security (RFC 6797); undefined: it is not sent. */
export function strictTransportOf(
  written: TlsConfig["hsts"],
  path: KeyPath,
  issues: Issues,
): string | undefined {
  if (written === undefined || written === false) return undefined;
  const { maxAge, includeSubDomains = false, preload = false } = wishesOf(written);
  const agePath = typeof written === "object" ? [...path, "maxAge"] : path;
  const ageMs = readDuration(maxAge, yearMs, agePath, issues, range);
  if (preload && (!includeSubDomains || ageMs < preloadMsMin)) {
    issues.add(path, '"preload" needs "includeSubDomains": true and a "maxAge" of a year or more');
  }
  const seconds = Math.floor(ageMs / 1_000);
  return `max-age=${seconds}${includeSubDomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`;
}

function wishesOf(written: Exclude<TlsConfig["hsts"], false | undefined>): HstsConfig {
  if (written === true) return {};
  return typeof written === "object" ? written : { maxAge: written };
}
