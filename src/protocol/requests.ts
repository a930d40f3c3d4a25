import type { RequestKept, RequestRecord, RequestWhy } from "../core/requests/record.ts";

export type * from "../core/requests/record.ts";

export type ExplainedRequest = RequestRecord & { why: RequestWhy };

/** Who was asked for records. */
export interface RequestsAsked {
  /** Proxies that answered. */
  proxies: string[];
  /** Controllers that did not, and proxies. */
  silent: string[];
}

/** `POST /v1/records`: what the proxies of one controller have. Between controllers. */
export interface RequestsFound {
  v: 1;
  records: RequestRecord[];
  asked: RequestsAsked;
}

/** `GET /v1/requests` */
export interface RequestsReply {
  v: 1;
  /** The newest first. */
  requests: ExplainedRequest[];
  asked: RequestsAsked;
}

/** `GET /v1/requests/{id}` */
export interface RequestReply {
  v: 1;
  request: ExplainedRequest;
}

/** Which records are wanted. */
export interface RequestsWanted {
  id?: string;
  kept?: RequestKept;
  /** Of the gateway's own answer, or for what it cut a worker's. */
  code?: string;
  service?: string;
  /** From this status on. */
  status?: number;
  /** Slowest first, instead of the newest. */
  slowest?: boolean;
  limit: number;
}

/** A line of a table stream whose reader said that it answers questions: `POST /v1/answers` with the same `ask`. */
export interface ProxyQuestion {
  kind: "ask";
  /** Not to be guessed. */
  ask: string;
  wanted: RequestsWanted;
}

export interface ProxyAnswer {
  v: 1;
  ask: string;
  proxy: string;
  records: RequestRecord[];
}
