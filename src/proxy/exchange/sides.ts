/**
 * What an exchange stands between. Both halves speak of heads, bytes and ends, never of framing or connections, so
 * that a client stream may be an HTTP/1.1 connection or one stream of many, and so may a worker's.
 *
 * Within one turn of the event loop calls only collect; `flush` sends them in one write.
 */
import type { AnswerHead, Origin, RequestId } from "../../http1/http1.ts";
import type { TryOutcome } from "../../protocol/requests.ts";
import type { Aim } from "./aim.ts";
import type { GatewayAnswer } from "./gateway-answer.ts";

/** The client's half: takes the answer. */
export interface ClientSide {
  readonly origin: Origin;
  /** A 1xx head other than 101. */
  answerInformational(head: AnswerHead): void;
  /** The final head. `requestComplete`: the client has sent its whole request. */
  answerHead(head: AnswerHead, requestComplete: boolean, requestId: RequestId): void;
  /** The 101 head; from now on data is bytes of another protocol, both ways. */
  switchProtocols(head: AnswerHead, requestId: RequestId): void;
  /** The bytes are valid during the call only. */
  answerData(bytes: Buffer, from: number, to: number): void;
  /** The answer is whole. `trailers`: field lines, or empty. */
  answerEnd(trailers: string): void;
  /** An answer of the gateway itself: head, body and end at once. */
  answerOwn(answer: GatewayAnswer, requestComplete: boolean): void;
  /** The answer cannot be completed: the client must see that, never a clean end. */
  cut(): void;
  /** Sends what was collected. False: the client reads slowly; `exchange.clientDrained()` follows. */
  flush(): boolean;
  pauseRequest(): void;
  resumeRequest(): void;
  /** Both halves are done with each other; the next request may begin. */
  exchangeOver(): void;
}

/** The worker's half: takes the request. Made for one exchange; after `cancel` or the answer's end it is not touched again. */
export interface WorkerSide {
  /** Nothing has been written for this exchange yet, and the connection was used before. */
  readonly reused: boolean;
  /** False while it is still being connected: `exchange.workerConnected()` follows. */
  readonly connected: boolean;
  /** `exchange.workerBegan()` tells when the worker begins with a request that is not idempotent. */
  readonly tellsBeginning: boolean;
  /** It is certain that the worker has not begun with the request, and will not. */
  readonly unbegun: boolean;
  /** `head`: the whole head as text, written anew for the worker. */
  requestHead(head: string, method: string, chunked: boolean): void;
  /** The bytes are valid during the call only. */
  requestData(bytes: Buffer, from: number, to: number): void;
  requestEnd(trailers: string): void;
  /** Sends what was collected. False: the worker reads slowly; `exchange.workerDrained()` follows. */
  flush(): boolean;
  /** The answer is wanted no more: the worker sees that at once. */
  cancel(cause: CancelCause): void;
  /** Do not use this connection again after the answer. */
  spoil(): void;
  pauseAnswer(): void;
  resumeAnswer(): void;
}

export type CancelCause = "aborted" | "timeout" | "stalled" | "bad-answer" | "early-answer";

/** How a worker's half ended without an answer's end. */
export type Loss =
  /** Nobody listens, or the host is not reachable: the request did not start. */
  | "refused"
  /** No connection in time: the request did not start. */
  | "connect-timeout"
  /** This host lacks a file or a port for a connection to it, and perhaps to any other: the request did not start. */
  | "no-means"
  /** It could not show by TLS that it is a worker of its service: the request did not start. */
  | "untrusted"
  /** An idle connection had been closed before the request was written. */
  | "unused"
  /** The worker gave it back: it has not begun with it, and will not. */
  | "given-back"
  /** Reset or closed after the request had been written. */
  | "lost"
  /** The same, and it is known that the worker never began with the request. */
  | "unstarted"
  /** The answer is not valid HTTP/1.1. */
  | "bad-answer"
  /** It switched protocols without being asked. */
  | "unasked-upgrade";

/** What a loss makes of a try. */
export function outcomeOf(loss: Loss): TryOutcome {
  if (loss === "lost") return "reset";
  return loss === "given-back" ? "unused" : loss;
}

/** What has come of a worker's answer. */
export interface BegunAnswer {
  /** Of its head; 0: that has not come. */
  readonly status: number;
  readonly headAt: number;
}

/** Whoever a worker's half answers to: the exchange, or its second try at another worker. */
export interface Asker {
  /** What its request says of the worker that it wants. */
  readonly aim: Aim;
  readonly answer: BegunAnswer;
  /** Position among the worker's exchanges; the pool's. */
  slot: number;
  readonly requestDone: boolean;
  readonly idempotent: boolean;
  readonly retries: number;
  /** A worker that comes to it late may give it back: it can be sent again, and was not given back before. */
  readonly mayBeGivenBack: boolean;
  /** The protocol asked for and allowed, or empty. */
  readonly upgrade: string;
  /** Nothing was written to the worker yet. */
  readonly notSent: boolean;
  /** The worker is out: what may be repeated goes to another one. */
  moveAway(): void;
  workerConnected(): void;
  workerDrained(): void;
  workerBegan(): void;
  /** Some byte of the answer has come. Before anything else is said of an answer. */
  answerByte(): void;
  /** Why an answer is not valid, or what there is not for a connection; `workerLost` follows. */
  answerFault(detail: string | undefined): void;
  answerInformational(head: AnswerHead): void;
  answerHead(head: AnswerHead): void;
  switchProtocols(head: AnswerHead): void;
  answerData(bytes: Buffer, from: number, to: number): void;
  answerTurn(): void;
  answerEnd(trailers: string): void;
  workerLost(loss: Loss): void;
}
