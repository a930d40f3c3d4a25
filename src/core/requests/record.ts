import type { RetryRule } from "../retry/retry-rule.ts";

/** Why a record of a request is kept: the first that holds. */
export type RequestKept =
  /** It was not answered as it should be: by the gateway itself, not whole, or by a worker with a status from 500. */
  | "failed"
  /** Its answer began later than `requests.slow` says. */
  | "slow"
  /** As one of some in each second. */
  | "sampled";

/** How a request ended. */
export type RequestEnd =
  /** The worker's answer is whole. */
  | "whole"
  /** The gateway gave an answer of its own: `code` says which. */
  | "own"
  /** The answer broke off, and the client's connection was cut so that it saw that. */
  | "cut"
  | "client-gone"
  /** The client took nothing of it, or sent nothing more, for too long. */
  | "client-stalled"
  /** This proxy ended. */
  | "stopped";

/** How one try at a worker ended. */
export type TryOutcome =
  | "answered"
  /** Nobody listens at its address. */
  | "refused"
  | "connect-timeout"
  /** This host had no file, port or memory for a connection to it. */
  | "no-means"
  | "untrusted"
  /** An idle connection was gone before anything was written to it. */
  | "unused"
  | "reset"
  /** The same, and the worker had not begun with the request. */
  | "unstarted"
  /** The worker was found to stand still; the request moved on. */
  | "stalled"
  | "head-timeout"
  /** It neither read the request on nor said anything. */
  | "not-reading"
  | "bad-answer"
  | "unasked-upgrade"
  /** Its answer was late, a second try was begun beside it, and the other one of the two answered first. No failure. */
  | "overtaken"
  /** The request was over first: its client was gone, or it broke off. */
  | "left";

/** One try. Times are milliseconds since the request's first byte; one that is missing did not come. */
export interface RequestTry {
  worker: string;
  /** Over which kind of connection. */
  way: "link" | "kept" | "new";
  chosenMs: number;
  /** The request's head was written: a new connection was open by then. */
  sentMs?: number;
  /** The request's last byte was written, where that was later than its head: its client sent a body. */
  wholeMs?: number;
  /** The first byte of an answer. */
  firstByteMs?: number;
  /** The last byte, or the failure. */
  endMs: number;
  outcome: TryOutcome;
  /** Of a failure: what decided whether another try follows. */
  rule?: RetryRule | "budget-empty";
}

/** A worker of the service, as the proxy saw it when the request was over. */
export interface WorkerConsidered {
  worker: string;
  /** As the routing table says: `live`, `draining`, or the cause for which it is out. */
  state: string;
  /** What the proxy itself found: `ok`, or the cause for which it is out. */
  seen: string;
  /** It might have been chosen. */
  eligible: boolean;
  weight: number;
  inFlight: number;
  /** A setting, of the service or the worker's own. */
  maxInFlight?: number;
  /** While the adaptive limit holds it: how many may wait for an answer of it, and how many do. */
  adaptive?: { limit: number; waiting: number };
  /** Expected time to the first byte; what the choice goes by, where it goes by that. */
  latencyMs: number;
}

/** The service, likewise; of a subset those that are of it or stand in for it. */
export interface ServiceConsidered {
  workers: number;
  /** How many might have been chosen, and how many of these had room. */
  eligible: number;
  full: number;
  draining: number;
  /** Of weight 0. */
  weightless: number;
  /** Out, by the routing table or by what this proxy saw. */
  out: number;
  /** Requests that waited. */
  waiting: number;
  policy: string;
  /** Some of the workers: those that were tried first. None where too many requests failed at once to look closer. */
  shown: WorkerConsidered[];
}

export interface RouteConsidered {
  name: string;
  verdict: "chosen" | "later" | "no";
  reasons: string[];
}

/** What one proxy keeps of one request. Names, paths and hosts are whatever a client wrote, cut to a length. */
export interface RequestRecord {
  id: string;
  /** Of the trace that it is a part of: 32 hexadecimal digits. */
  traceId?: string;
  /** `proxy-1`; of a host that follows others, `gateway:proxy-1`. */
  proxy: string;
  /** When its first byte came. */
  at: string;
  kept: RequestKept;
  client: string;
  /** Empty: its head was not understood. */
  method: string;
  host: string;
  path: string;
  /** With its `?`; values of secret names are replaced. */
  query: string;
  /** 499: the client was gone before there was one. */
  status: number;
  /** Of the gateway's own answer, or for what it cut a worker's: see docs/errors.md. */
  code?: string;
  /**
   * What exactly was wrong with a message, what this host lacked, or by what its rate limit tells requests apart (`header:x-tenant`): a fixed
   * text, nothing of the message.
   */
  detail?: string;
  end: RequestEnd;
  route?: string;
  service?: string;
  /** Of the service: its route names it. */
  subset?: string;
  /** Waiting for a worker, in all. */
  queuedMs: number;
  /** The head of the answer went to the client. */
  headMs?: number;
  tookMs: number;
  bytesIn: number;
  bytesOut: number;
  tries: RequestTry[];
  /** Limits and times in force for it, by their keys in the configuration; `x-skein-budget`: the time that its client gave, by whatever header. */
  limits?: Record<string, number>;
  /** Left out where too many failed at once to look closer. */
  routes?: RouteConsidered[];
  workers?: ServiceConsidered;
}

/** What a record comes to, in words. */
export interface RequestWhy {
  /** Stable: see docs/why.md. */
  cause: string;
  /** What happened. */
  what: string;
  /** By which rule it was ended, kept waiting or not repeated. */
  rule: string;
  /** What to do; empty where nothing is wrong. */
  todo: string;
}
