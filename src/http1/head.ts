/** Why a request head or body is refused: names in the problem table (protocol/problem.ts). */
export type RequestProblem =
  | "badRequest"
  | "badFraming"
  | "badHost"
  | "badPath"
  | "methodRefused"
  | "targetTooLong"
  | "expectationFailed"
  | "headTooLarge"
  | "codingUnknown"
  | "versionRefused";

/** An answer of a worker has only one problem: it is not valid. */
export type AnswerProblem = "badAnswer";

/** After any failure the connection is closed: where the next message would begin is not known. */
export interface Failure<Problem extends string = RequestProblem | AnswerProblem> {
  problem: Problem;
  /** Fixed text, never bytes of the message: safe to show to the peer. */
  detail: string;
}

/** How long a body is. `close`: to the end of the connection (answers only). */
export type Framing = "none" | "length" | "chunked" | "close";

/** need more bytes --> complete | failed. Both are final until `next()`. */
export type HeadState = "more" | "complete" | "failed";

export interface HeadLimits {
  /** Start line, fields and the empty line. */
  headBytesMax: number;
  fieldsMax: number;
  /** Request target only. */
  targetBytesMax: number;
}

/** The fields of a message, in the order received. Strings are made when asked for. */
export interface Fields {
  /** Number of field lines, in the order received. */
  readonly fieldCount: number;
  /** Name as received. */
  fieldName(index: number): string;
  /** Value without the blanks around it. */
  fieldValue(index: number): string;
  /** The first value of a field by its name in lower case; undefined when there is none. */
  header(name: string): string | undefined;
  /** All values of a field by its name in lower case, in order. */
  headers(name: string): string[];

  // For the writers, which copy unchanged lines as ranges:
  /** The head as received, latin1. */
  readonly text: string;
  /** Offset in `text` of a field line; of the empty line after the last one, for `fieldCount`. */
  lineAt(index: number): number;
  /** Offset in `text` of the colon after a field's name. */
  colonAt(index: number): number;
}

/** What the fields that the gateway acts on are (known-fields.ts). */
export interface SortedFields extends Fields {
  /** The kind of each field line. */
  readonly kinds: Uint8Array;
  /** Some field is of this kind. */
  has(kind: number): boolean;
}

/** A parsed request head. It is the parser's own memory: valid until the parser's `next()`. */
export interface RequestHead extends SortedFields {
  readonly method: string;
  /** As received: `/a?b`, `http://h/a?b` or `*`. */
  readonly target: string;
  /** The one form for routing and forwarding: starts with `/` (or is `*`), checked, never decoded. */
  readonly path: string;
  /** With its question mark: `?b`, or empty. */
  readonly query: string;
  /** Path contains %2f or %5c: refuse unless the route allows it. */
  readonly encodedSlash: boolean;
  readonly minor: 0 | 1;
  /** Lower case, without port. */
  readonly host: string;
  /** Lower case, with port where one was given. */
  readonly authority: string;
  readonly framing: Framing;
  /** Of the body, for framing `length`; else 0. */
  readonly contentLength: number;
  /** The client allows another request on this connection. */
  readonly keepAlive: boolean;
  readonly expectContinue: boolean;
  /** Of OPTIONS: how many more times it may be forwarded; else, and without the field, Infinity. */
  readonly maxForwards: number;
  /** The one protocol asked for (lower case) by a GET without body with `Connection: upgrade`; else empty. Never `h2c`. */
  readonly upgrade: string;
  /** Bytes of the head on the wire. */
  readonly headBytes: number;
}

/** A parsed answer head. It is the parser's own memory: valid until the parser's `next()`. */
export interface AnswerHead extends SortedFields {
  readonly minor: 0 | 1;
  readonly status: number;
  readonly reason: string;
  /** 100..199: another head follows, except after 101. */
  readonly informational: boolean;
  /** With the request's method taken into account (see `AnswerParser.next`). */
  readonly framing: Framing;
  readonly contentLength: number;
  /** The worker allows another request on this connection. */
  readonly keepAlive: boolean;
  /** From `Keep-Alive: timeout=n`; 0 when not told. */
  readonly keepAliveTimeoutMs: number;
  /** Of a 101: the protocol, lower case; else empty. */
  readonly upgrade: string;
  readonly headBytes: number;
}
