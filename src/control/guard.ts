import { createHash, timingSafeEqual } from "node:crypto";
import { SkeinError } from "../protocol/error.ts";
import type { StoredToken, TokenScope } from "../protocol/join-token.ts";
import type { Caller } from "./caller.ts";
import { judgeToken, type TokenVerdict } from "./join-tokens.ts";

/**
 * What a route may do, and so who may call it.
 * `read`, `worker` (heartbeats, sessions): free on loopback. `operator` (changes of what runs), `internal` (what
 * proxies and peers say): the operators' token, or the unix socket. Beyond loopback everything needs a token: the
 * operators', or a join token, which is good for what its scope says. Except a `page`: the dashboard's own files, which
 * hold nothing of the cluster and which a link of another site may open.
 */
export type Access = "read" | "worker" | "operator" | "internal" | "page";

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
  /** Join tokens. */
  tokens: readonly StoredToken[];
  wallTime(): string;
}

/** What a caller may do, besides the route itself. */
export interface Grant {
  /** May change what runs, and so see its secrets: has the operators' token, or came over the unix socket. */
  operator: boolean;
  /** May open links to workers, as proxies do. */
  opensLinks: boolean;
  /** The join token that it came by. Undefined: it needed none. */
  join?: { id: string; services: readonly string[]; expired: boolean };
}

const accessOf: Record<TokenScope, readonly Access[]> = {
  worker: ["worker"],
  gateway: ["read", "internal"],
};

const loopbackNames = new Set(["localhost", "127.0.0.1", "::1"]);

/** Throws SkeinError when the request may not be served. In order: where it goes, where it comes from, who asks. */
export function guard(request: GuardedRequest, access: Access, settings: GuardSettings): Grant {
  if (request.caller.trusted) return { operator: true, opensLinks: true };
  // From elsewhere everything needs the token, which no web page has: names of the gateway need no list there.
  if (request.caller.loopback) guardHost(request, settings);
  if (access === "page") return { operator: false, opensLinks: false };
  guardOrigin(request);
  guardMediaType(request);
  return guardToken(request, access, settings);
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

function guardToken(request: GuardedRequest, access: Access, settings: GuardSettings): Grant {
  const given = /^Bearer +(\S+)$/i.exec(request.header("authorization") ?? "")?.[1];
  if (given !== undefined && sameText(given, settings.token)) return { operator: true, opensLinks: true };
  const nothing: Grant = { operator: false, opensLinks: false };
  // On this host a join token is needed for nothing that is free there.
  if (request.caller.loopback && access === "worker") return nothing;
  const verdict = judgeToken(settings.tokens, given ?? "", settings.wallTime());
  if (verdict.kind !== "unknown" && accessOf[verdict.token.scope].includes(access)) {
    return grantOf(verdict);
  }
  if (request.caller.loopback && access === "read") return nothing;
  throw new SkeinError(
    "unauthorized",
    access === "worker"
      ? "Joining from another host needs `Authorization: Bearer <join token>`; `skein token create` makes one."
      : "This request needs `Authorization: Bearer <token>` with the content of the file `token` in the state directory.",
  );
}

function grantOf({ kind, token }: Exclude<TokenVerdict, { kind: "unknown" }>): Grant {
  const { id, scope, services } = token;
  const expired = kind === "expired";
  return { operator: false, opensLinks: scope === "gateway", join: { id, services, expired } };
}

/** What is known of those who have joined. */
export interface JoinFacts {
  /** This one has joined, and is not gone. */
  known: () => boolean;
  /** It proves that it had joined, and is not known to have left. */
  proven: () => boolean;
  /** The token of this id lets this one in besides those that it has let in. */
  hasRoom: (token: string) => boolean;
}

/** Throws when the token by which a worker comes does not let this one join. */
export function guardJoin({ join }: Grant, service: string, { known, proven, hasRoom }: JoinFacts): void {
  if (join === undefined) return;
  if (join.services.length > 0 && !join.services.includes(service)) {
    throw new SkeinError("forbidden", `This join token is not for workers of ${printable(service)}.`);
  }
  // By the wall clock: it may have been set. So nothing that lives depends on it.
  if (join.expired && !known() && !proven()) {
    throw new SkeinError(
      "unauthorized",
      "This join token has expired: who has joined by it stays, nobody new joins.",
    );
  }
  if (!hasRoom(join.id) && !known()) {
    throw new SkeinError(
      "tooManyWorkers",
      "The workers that have joined by this token have nine tenths of the registry, as much as one token gives: see registration.workers.",
    );
  }
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
