import type { PathMatch } from "../protocol/configuration.ts";
import { isHostName } from "./address.ts";
import type { Issues, KeyPath } from "./issues.ts";

export interface RouteKey {
  /** Empty: any. */
  hosts: string[];
  path: PathMatch;
}

/** `/path` or `host/path`, or a bare host for everything on it. */
export function parseRouteKey(key: string, path: KeyPath, issues: Issues): RouteKey | undefined {
  const slash = key.indexOf("/");
  const hostText = slash === -1 ? key : key.slice(0, slash);
  const pathText = slash === -1 ? "/" : key.slice(slash);
  if (slash === -1 && !hostText.includes(".") && hostText !== "localhost") {
    return issues.add(path, `a route begins with "/" or a host; write "/${key}" for a path`);
  }
  const host = hostText === "" ? "" : parseRouteHost(hostText, path, issues);
  const match = parseRoutePath(pathText, path, issues);
  if (host === undefined || match === undefined) return undefined;
  return { hosts: host === "" ? [] : [host], path: match };
}

/** Lower case; `*.` may stand in front. */
export function parseRouteHost(text: string, path: KeyPath, issues: Issues): string | undefined {
  const host = text.toLowerCase();
  if (/:\d+$/.test(host)) {
    return issues.add(path, `the host "${text}" has a port; hosts are matched without it`);
  }
  const name = host.startsWith("*.") ? host.slice(2) : host;
  const literal = /^\[[0-9a-f:.]+\]$/.test(host);
  if (!literal && !isHostName(name)) {
    return issues.add(path, `"${text}" is no host; write "example.com" or "*.example.com"`);
  }
  return host;
}

export function parseRoutePath(text: string, path: KeyPath, issues: Issues): PathMatch | undefined {
  const fault = pathFault(text);
  if (fault !== undefined) return issues.add(path, fault);
  if (text === "/" || text === "/*") return { kind: "prefix", path: "/" };
  const segments = text.slice(1).split("/");
  const star = segments.findIndex((segment) => segment.includes("*"));
  if (star !== -1 && (star !== segments.length - 1 || segments[star] !== "*")) {
    return issues.add(path, `"*" may only be the last segment, as in "/a/*"; one segment is ":name"`);
  }
  if (segments.some((segment) => segment.startsWith(":"))) return patternOf(segments, path, issues);
  if (star !== -1) return { kind: "prefix", path: text.slice(0, -2) };
  return { kind: "exact", path: text };
}

/** Why a text cannot be a path as it stands in a request; undefined when it can. */
export function pathFault(text: string): string | undefined {
  if (!text.startsWith("/")) return `"${text}" does not begin with "/"`;
  if (/[?#]/.test(text)) return `"${text}" has a "?" or "#"; query parameters are matched with "query"`;
  if (!/^[!-~]*$/.test(text)) {
    return `"${text}" has characters that never stand in a request's path; write "${encodeURI(text)}"`;
  }
  if (/%(?![0-9a-f]{2})/i.test(text)) return `"${text}" has a "%" without two hexadecimal digits`;
  if (/[\\"<>^`{|}]/.test(text)) return `"${text}" has characters that must be percent-encoded in a path`;
  if (text.includes("//")) return `"${text}" has an empty segment`;
  const dots = text.split("/").find((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
  return dots === undefined ? undefined : `"${text}" has a segment "${dots}"; such requests are refused`;
}

function patternOf(segments: string[], path: KeyPath, issues: Issues): PathMatch | undefined {
  const names = segments.filter((segment) => segment.startsWith(":"));
  const bad = names.find((name) => !/^:[A-Za-z_][\w-]*$/.test(name));
  if (bad !== undefined) return issues.add(path, `"${bad}" is no name for a segment; write ":id"`);
  if (new Set(names).size < names.length) return issues.add(path, "two segments have the same name");
  return { kind: "pattern", segments };
}
