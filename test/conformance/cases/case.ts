import type { PoisonCause } from "../../../src/proxy/reports/statistics.ts";

interface Told {
  /** One line, unique among all cases: the row in docs/conformance.md. */
  name: string;
  /** The section it stands for, or the attack and who described it. */
  source: string;
  /** Why ours does so, where it does not follow from the section. */
  why?: string;
}

/** Lines that must be there; lines, or names in lower case, that must not. */
export interface FieldExpectation {
  has?: readonly string[];
  lacks?: readonly string[];
}

/** What a client sends, and what both sides must see of it. Bytes are latin1; the forms are those of stage/show.ts. */
export interface RequestCase extends Told {
  send: string;
  /** Of the requests that the client means to send; GET where not told. */
  methods?: readonly string[];
  client: string;
  worker: readonly string[];
  /** Of the first request that the worker sees. */
  forwarded?: FieldExpectation;
  /** Of the last answer that the client sees. */
  answered?: FieldExpectation;
  /** The client is one of `trustedProxies`. */
  trusted?: boolean;
  /** Connections to the worker that must be counted as not to be used again. */
  poisoned?: PoisonCause;
  /** The connection is closed at once: a client that goes on sending against its own word may see a reset. */
  closedAtOnce?: true;
  /** The body is refused when the worker may have seen its beginning already. It never sees an end. */
  broken?: true;
}

/** What a worker says, and what becomes of it: of the client's answer, and of the worker's connection. */
export interface AnswerCase extends Told {
  /** What the client sends first; a plain GET where not told. */
  send?: string;
  methods?: readonly string[];
  /** What the worker says once it has the request; `early`: once it has the head. */
  says: string;
  early?: boolean;
  /** What it does then. It stays where not told. */
  afterwards?: "ends" | "resets";
  /** What it says when the client has its answer. */
  later?: string;
  client: string;
  answered?: FieldExpectation;
  /** The next request may go on the same connection, or it was closed in peace, or it must never be used again. */
  connection: "kept" | "closed" | PoisonCause;
}

export interface Topic<Case extends Told> {
  title: string;
  /** Why ours does so, of all cases that do not say it themselves. */
  why: string;
  cases: readonly Case[];
}

// The usual messages, to which a case adds what it is about.

export const get = (fields = "", target = "/"): string =>
  `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;

export const post = (fields: string, body = "", target = "/p"): string =>
  `POST ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}`;

/** What an attacker wants the worker to take for a request of its own. */
export const smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

/** A request that is refused before any worker hears of it; its connection is closed, for where the next one begins is unknown. */
export function refused(
  name: string,
  source: string,
  send: string,
  answer: string,
  why?: string,
): RequestCase {
  const refusal: RequestCase = { name, source, send, client: `${answer}, closed`, worker: [] };
  return why === undefined ? refusal : { ...refusal, why };
}

/** A valid request that the gateway answers by itself; the connection serves on. */
export function answeredHere(
  name: string,
  source: string,
  send: string,
  answer: string,
  more: Partial<RequestCase> = {},
): RequestCase {
  return { name, source, send, client: `${answer}, open`, worker: [], ...more };
}

/** A request whose body is refused. */
export function broken(
  name: string,
  source: string,
  send: string,
  more: Partial<RequestCase> = {},
): RequestCase {
  return { name, source, send, client: "400 bad-framing, closed", worker: [], broken: true, ...more };
}

/** A GET without a body that reaches the worker, and is answered. */
export function passed(
  name: string,
  source: string,
  send: string,
  target = "/",
  more: Partial<RequestCase> = {},
): RequestCase {
  return {
    name,
    source,
    send,
    client: `200 ${JSON.stringify(`GET ${target}`)}, open`,
    worker: [`GET ${target}`],
    ...more,
  };
}

export const ok = (fields: string, body = ""): string => `HTTP/1.1 200 OK\r\n${fields}\r\n${body}`;

/** An answer that no client ever sees. */
export function notTaken(
  name: string,
  source: string,
  says: string,
  more: Partial<AnswerCase> = {},
): AnswerCase {
  return { name, source, says, client: "502 bad-answer, open", connection: "bad-answer", ...more };
}
