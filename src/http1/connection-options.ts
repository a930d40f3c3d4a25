import { COMMA, consistsOf, isBlank, tokenBytes } from "./bytes.ts";
import { isWord } from "./numbers.ts";

/** What the Connection fields of one message say. */
export interface ConnectionOptions {
  close: boolean;
  keepAlive: boolean;
  upgrade: boolean;
  /** Names of other fields meant for this hop only, lower case. Shared and empty for the usual message. */
  nominated: readonly string[];
}

const none: readonly string[] = [];
const nominatedMax = 32;

/**
 * Connection may not be used to take away what routing, framing, trust or tracing rest on: a peer that names one
 * of these wants the next hop to see another message than this one (CVE-2022-31813, CVE-2024-45410).
 */
const protectedNames: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "content-type",
  "content-encoding",
  "content-range",
  "transfer-encoding",
  "expect",
  "connection",
  "authorization",
  "cookie",
  "set-cookie",
  "location",
  "cache-control",
  "range",
  "forwarded",
  "x-real-ip",
  "via",
  "x-request-id",
  "traceparent",
  "tracestate",
  "date",
  "x-skein-budget",
  "x-skein-attempt",
  "grpc-timeout",
]);

export function freshOptions(): ConnectionOptions {
  return { close: false, keepAlive: false, upgrade: false, nominated: none };
}

export function clearOptions(options: ConnectionOptions): void {
  options.close = false;
  options.keepAlive = false;
  options.upgrade = false;
  options.nominated = none;
}

/** Adds one Connection field to `options`. Returns what is wrong with it, or an empty text. */
export function readConnection(options: ConnectionOptions, text: string, start: number, end: number): string {
  let at = start;
  while (at < end) {
    let comma = at;
    while (comma < end && text.charCodeAt(comma) !== COMMA) comma++;
    let last = comma;
    while (at < last && isBlank(text.charCodeAt(at))) at++;
    while (last > at && isBlank(text.charCodeAt(last - 1))) last--;
    if (last > at) {
      const wrong = addOption(options, text, at, last);
      if (wrong !== "") return wrong;
    }
    at = comma + 1;
  }
  return "";
}

function addOption(options: ConnectionOptions, text: string, start: number, end: number): string {
  if (isWord(text, start, end, "keep-alive")) options.keepAlive = true;
  else if (isWord(text, start, end, "close")) options.close = true;
  else if (isWord(text, start, end, "upgrade")) options.upgrade = true;
  else if (!consistsOf(text, tokenBytes, start, end)) return "an option of Connection is not a token";
  else return nominate(options, text.slice(start, end).toLowerCase());
  return "";
}

function nominate(options: ConnectionOptions, name: string): string {
  const spelled = name.replaceAll("_", "-");
  if (protectedNames.has(spelled) || spelled.startsWith("x-forwarded-")) {
    return "Connection names a field that is not for one hop only";
  }
  if (options.nominated.length === nominatedMax) return "Connection names too many fields";
  options.nominated = [...options.nominated, name];
  return "";
}
