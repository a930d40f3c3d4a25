/**
 * HTTP/1.1 as bytes: heads and bodies, both directions, strict, without sockets.
 *
 * How a proxy uses it, for one client connection (all objects are made once and used again for each message):
 *
 *     const requests = new RequestParser(limits);             // per client connection
 *     at = requests.push(buffer, at, end);                     // returns the index after the last byte taken
 *     requests.state                                           // "more" | "complete" | "failed" (requests.failure)
 *     const head = requests.head;                              // valid until requests.next()
 *     requestBody.begin(head.framing, head.contentLength);     // BodyReader
 *     to the worker: writeRequestHead(head, forwarding)        // a latin1 string: socket.write(text, "latin1")
 *
 *     while (at < end && !body.done) {
 *       at = body.read(buffer, at, end);                       // body.from..body.to: data within `buffer`, may be empty
 *       if (body.failure) ...                                  // cut the connection
 *     }                                                        // body.done: the next message begins at `at`
 *     after the exchange: requests.next()
 *
 *     const answers = new AnswerParser(limits);                // per worker connection
 *     answers.next(head.method);                               // before each answer and after each 1xx
 *     answers.push(...) as above; 1xx: forward with writeAnswerHead and call next(method) again
 *     const out = answerFraming(answers.head, head.minor);     // how the client gets the body
 *     to the client: writeAnswerHead(answers.head, ...)
 *     chunked out: chunkHead(n) + data + chunkTail, at the end lastChunk(body.trailers)
 *
 * No method takes a callback and none copies body bytes. After a failure the only thing to do is to close.
 */
import type {
  AnswerHead,
  AnswerProblem,
  Failure,
  Framing,
  HeadLimits,
  HeadState,
  RequestHead,
  RequestProblem,
} from "./head.ts";

export type * from "./head.ts";

export declare class RequestParser {
  constructor(limits: HeadLimits);
  readonly state: HeadState;
  readonly failure: Failure<RequestProblem> | undefined;
  /** Some byte of a head has arrived, but not all: the head timeout runs. */
  readonly started: boolean;
  readonly head: RequestHead;
  /** Takes bytes `from` (inclusive) to `to` (exclusive); returns the index after the last byte of the head. */
  push(buffer: Buffer, from: number, to: number): number;
  /** Forget this head; be ready for the next. */
  next(): void;
}

export declare class AnswerParser {
  constructor(limits: HeadLimits);
  readonly state: HeadState;
  readonly failure: Failure<AnswerProblem> | undefined;
  readonly started: boolean;
  readonly head: AnswerHead;
  push(buffer: Buffer, from: number, to: number): number;
  /** Be ready for an answer to a request of this method. */
  next(requestMethod: string): void;
}

export declare class BodyReader {
  /** @param problem what a bad body is called: `badFraming` (request) or `badAnswer` (answer) */
  constructor(problem: "badFraming" | "badAnswer");
  readonly done: boolean;
  readonly failure: Failure | undefined;
  /** The data found by the last `read`: `from` to `to` of the buffer that was given. */
  readonly from: number;
  readonly to: number;
  /** Body bytes so far, without framing. */
  readonly bytes: number;
  /** Kept trailer lines, each with CRLF; empty unless chunked with trailers. */
  readonly trailers: string;
  /** Framing `none`, or length 0, is done at once. */
  begin(framing: Framing, contentLength: number): void;
  /** Takes at least one byte; returns the index after the last byte taken. Call again until `done` or the end. */
  read(buffer: Buffer, from: number, to: number): number;
  /** The peer ended the connection. True: the body is whole (`close`, or it was done). False: it was cut. */
  end(): boolean;
}

/** What the gateway says about where a request came from. Made once per client connection: the texts are prepared. */
export declare class Origin {
  /**
   * @param address the client's IP address
   * @param protocol of the client's connection
   * @param trusted the peer is one of the trusted proxies: what it says is kept and added to; else it is overwritten
   */
  constructor(address: string, protocol: "http" | "https", trusted: boolean);
}

export interface RequestForwarding {
  origin: Origin;
  /** Path and query in place of those received (a rewritten prefix); undefined: as received. */
  target: string | undefined;
  /** Overwrites X-Request-Id; undefined: what was received is kept. */
  requestId: string | undefined;
  /** The protocol to upgrade to: `head.upgrade` when the route allows it, else empty (Upgrade is not forwarded). */
  upgrade: string;
}

/** The head as it goes to the worker, built anew. Framing is that of the request. Throws on bytes that no field may have. */
export declare function writeRequestHead(head: RequestHead, forwarding: RequestForwarding): string;

/** `close`: the connection is closed after the body; the answer says so. */
export declare function answerFraming(head: AnswerHead, clientMinor: 0 | 1): Framing;

export interface AnswerForwarding {
  clientMinor: 0 | 1;
  /** From `answerFraming`. */
  framing: Framing;
  /** The client connection stays open after this answer (never with framing `close`). */
  keepAlive: boolean;
  /** Set as X-Request-Id unless the worker gave one; undefined: not set. */
  requestId: string | undefined;
  /** Set unless the worker gave one (an IMF-fixdate); undefined: not set. */
  date: string | undefined;
}

/** The head as it goes to the client, also for 1xx and 101. */
export declare function writeAnswerHead(head: AnswerHead, forwarding: AnswerForwarding): string;

export interface OwnAnswer {
  status: number;
  /** Names and values of ours. Content-Length, Connection and the status line are written here. */
  fields: readonly (readonly [name: string, value: string])[];
  /** Text; written as UTF-8. */
  body: string;
  keepAlive: boolean;
  /** The request was HEAD: the length is told, the body is not sent. */
  headOnly: boolean;
}

/** A whole answer of the gateway itself, as a latin1 string. */
export declare function writeOwnAnswer(answer: OwnAnswer): string;

/** `100 Continue` of the gateway itself. */
export declare const continueAnswer: string;

export declare function chunkHead(bytes: number): string;
export declare const chunkTail: "\r\n";
/** The last chunk, trailers (as of BodyReader.trailers) and the end. */
export declare function lastChunk(trailers: string): string;
