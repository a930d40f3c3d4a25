import { createHash, timingSafeEqual } from "node:crypto";
import { SkeinError } from "../protocol/error.ts";
import type { Caller } from "./caller.ts";

/**
 * What a route may do, and so who may call it.
 * `read`, `worker` (heartbeats, sessions): free on loopback. `operator` (changes of what runs), `internal` (what
 * proxies and peers say): the token, or the unix socket. Beyond loopback everything needs the token.
 */
export type Access = "read" | "worker" | "operator" | "internal";

export interface GuardedRequest {
  method: string;
  header(name: string): string | undefined;
  caller: Caller;
}

export interface GuardSettings {
  /** Host of the control address: a name that is served besides loopback's. */
  controlHost: string;
  /** The content of the token file. */
  token: string;
}

const loopbackNames = new Set(["localhost", "127.0.0.1", "::1"]);

/** Throws SkeinError when the request may not be served. In order: where it goes, where it comes from, who asks. */
export function guard(request: GuardedRequest, access: Access, settings: GuardSettings): void {
  if (request.caller.trusted) return;
  // From elsewhere everything needs the token, which no web page has: names of the gateway need no list there.
  if (request.caller.loopback) guardHost(request, settings);
  guardOrigin(request);
  guardMediaType(request);
  guardToken(request, access, settings.token);
}

/** A page whose name was rebound to our address still sends its own name as Host. */
function guardHost(request: GuardedRequest, settings: GuardSettings): void {
  const host = hostnameOf(request.header("host") ?? "");
  if (loopbackNames.has(host) || host.endsWith(".localhost")) return;
  if (host !== "" && (host === settings.controlHost.toLowerCase() || host === request.caller.localAddress))
    return;
  throw new SkeinError(
    "hostForbidden",
    `The control API is not served under the name "${printable(host)}". Use the address from the configuration, or 127.0.0.1.`,
  );
}

/** Browsers say where a page comes from; nothing from another site may reach the control API, not even to read. */
function guardOrigin(request: GuardedRequest): void {
  const site = request.header("sec-fetch-site");
  const crossSite = site !== undefined && site !== "same-origin" && site !== "none";
  const origin = request.header("origin");
  const foreign = origin !== undefined && originHost(origin) !== (request.header("host") ?? "").toLowerCase();
  if (crossSite || foreign) {
    throw new SkeinError("forbidden", "Requests from web pages of other sites are refused.");
  }
}

/** Forms and simple requests of a web page cannot send this type. */
function guardMediaType(request: GuardedRequest): void {
  if (request.method !== "POST") return;
  const type = (request.header("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/json") return;
  throw new SkeinError("mediaType", "Send the body as JSON, with Content-Type: application/json.");
}

function guardToken(request: GuardedRequest, access: Access, token: string): void {
  if (request.caller.loopback && (access === "read" || access === "worker")) return;
  if (hasToken(request, token)) return;
  throw new SkeinError(
    "unauthorized",
    "This request needs `Authorization: Bearer <token>` with the content of the file `token` in the state directory.",
  );
}

/** Did the token come, or the unix socket? */
export function isOperator(request: GuardedRequest, { token }: GuardSettings): boolean {
  return request.caller.trusted || hasToken(request, token);
}

function hasToken(request: GuardedRequest, token: string): boolean {
  const given = /^Bearer +(\S+)$/i.exec(request.header("authorization") ?? "")?.[1];
  return given !== undefined && sameText(given, token);
}

/** In constant time: what it takes says nothing about where the texts differ. */
export function sameText(one: string, other: string): boolean {
  if (other === "") return false;
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** The Host's name without port and brackets, in lower case. */
function hostnameOf(host: string): string {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@?#[\]]+))(?::\d{1,5})?$/i.exec(host);
  return (found?.[1] ?? found?.[2] ?? "").toLowerCase();
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host.toLowerCase() : undefined;
}

/** For texts that go back to the caller: visible ASCII only, and not long. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 100);
}
