import { type ClientRequest, type IncomingMessage, request as requestInClear } from "node:http";
import { request as requestSecurely } from "node:https";
import type { TryFailure } from "../../core/retry/retry.ts";
import { headLimitsMax } from "../../protocol/head-limits.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";
import { isDistrust, lacksMeans } from "../../runtime/dial.ts";
import type { Endpoint } from "./endpoint.ts";
import type { RequestBody } from "./request-body.ts";
import { declaredLength } from "./request-framing.ts";
import { upload } from "./upload.ts";

export interface OutgoingRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: RequestBody;
  /** May be sent twice: its method is idempotent, or the caller says so. */
  repeatable: boolean;
}

export type Outcome =
  | { kind: "answered"; answer: IncomingMessage }
  /**
   * `reused`: on a connection that had carried another request, and may have been closed by then. `noMeans`: this host had no
   * file or no port left for one.
   */
  | { kind: "failed"; failure: TryFailure; reused: boolean; error: Error; noMeans?: true }
  /** Its time was over before it could be sent. */
  | { kind: "late" }
  /** The caller's own stream for the body failed, with its own error. What was sent of it is no whole request. */
  | { kind: "body-failed"; error: unknown }
  /** The caller took its request back. */
  | { kind: "aborted" };

/**
 *   opening --connected--> sent --head of an answer--> answered
 *      |                     |
 *      +---- error, time ----+--> failed / body-failed / late / aborted
 *
 * One try of a request at one gateway or worker. Never throws; `outcome` comes exactly once.
 */
export class Attempt {
  readonly outcome: Promise<Outcome>;
  readonly startedAt: number;
  readonly #endpoint: Endpoint;
  readonly #outgoing: ClientRequest;
  readonly #opening: Timer;
  #phase: "opening" | "sent" | "over" = "opening";
  #answer: IncomingMessage | undefined;
  #resolve: (outcome: Outcome) => void = () => {};
  /** Asked when the endpoint is found lost while this waits: whether to go elsewhere. */
  readonly mayLeave: () => boolean;

  constructor(
    endpoint: Endpoint,
    request: OutgoingRequest,
    options: { clock: Clock; connectMs: number; mayLeave: () => boolean },
  ) {
    const { clock, connectMs } = options;
    this.#endpoint = endpoint;
    this.mayLeave = options.mayLeave;
    this.startedAt = clock.now();
    this.outcome = new Promise((resolve) => (this.#resolve = resolve));
    this.#outgoing = this.#open(request);
    this.#opening = clock.after(connectMs, () => {
      if (this.#phase === "opening")
        this.abandon("connect-timeout", `no connection to ${endpoint.name} within ${connectMs} ms`);
    });
    endpoint.begins(this);
    this.#listen(clock);
    this.#send(request);
  }

  /** Gives this try up; it failed by `failure`. */
  abandon(failure: TryFailure, message: string): void {
    this.#fail(failure, new Error(message));
  }

  /**
   * Its time is over. Unless it was sent nothing can have come of it, and how long its caller would wait for a connection says
   * nothing of who was to make one.
   */
  tooLate(): void {
    if (this.#phase === "opening") this.#takeBack({ kind: "late" });
    else this.abandon("head-timeout", `${this.#endpoint.name} did not answer in time`);
  }

  abort(): void {
    this.#takeBack({ kind: "aborted" });
  }

  #takeBack(outcome: Outcome): void {
    this.#end(outcome);
    this.#outgoing.destroy();
  }

  #open({ method, path, headers, repeatable }: OutgoingRequest): ClientRequest {
    const { host, port, secure } = this.#endpoint;
    const send = secure ? requestSecurely : requestInClear;
    const agent = this.#endpoint.agentFor(repeatable);
    // A gateway passes on what its `limits.workerHead` allows.
    const maxHeaderSize = headLimitsMax.headBytesMax;
    return send({ host, port, method, path, headers, agent, setHost: false, maxHeaderSize });
  }

  #listen(clock: Clock): void {
    const outgoing = this.#outgoing;
    outgoing.on("socket", (socket) => {
      if (outgoing.reusedSocket || !socket.connecting) this.#connected();
      else socket.once(this.#endpoint.secure ? "secureConnect" : "connect", () => this.#connected());
    });
    outgoing.on("response", (answer) => {
      // Whoever has answered wholly does not need the rest of the request, and perhaps does not read it any more.
      answer.once("close", () => {
        if (!outgoing.writableFinished) outgoing.destroy();
      });
      this.#answer = answer;
      const taken = this.#end({ kind: "answered", answer });
      if (taken) this.#endpoint.answers(answer, clock.now());
      else answer.destroy();
    });
    outgoing.on("error", (error) => {
      if (this.#phase === "opening" && lacksMeans(error))
        this.#fail("connect-timeout", error, { noMeans: true });
      else this.#fail(this.#failureOf(error), error);
    });
    outgoing.on("close", () => this.#fail("reset", new Error("the connection was closed")));
  }

  #send({ body, headers }: OutgoingRequest): void {
    const outgoing = this.#outgoing;
    if (body.kind !== "stream") return void outgoing.end(body.kind === "bytes" ? body.bytes : undefined);
    upload(body.source, outgoing, declaredLength(headers)).catch((error: unknown) => {
      // Within an answer that has begun, the answer ends by it.
      this.#answer?.destroy(error as Error);
      this.#takeBack({ kind: "body-failed", error });
    });
  }

  #connected(): void {
    this.#opening.cancel();
    if (this.#phase === "opening") this.#phase = "sent";
  }

  #failureOf(error: NodeJS.ErrnoException): TryFailure {
    if (this.#phase === "sent") return error.code?.startsWith("HPE_") === true ? "bad-answer" : "reset";
    const unknownName = error.syscall === "getaddrinfo";
    return this.#endpoint.secure && !unknownName && isDistrust(error) ? "untrusted" : "refused";
  }

  #fail(failure: TryFailure, error: Error, more: { noMeans?: true } = {}): void {
    const reused = this.#outgoing.reusedSocket;
    if (this.#end({ kind: "failed", failure, reused, error, ...more })) this.#outgoing.destroy();
  }

  /** False: it has ended before. */
  #end(outcome: Outcome): boolean {
    if (this.#phase === "over") return false;
    this.#phase = "over";
    this.#opening.cancel();
    this.#endpoint.ends(this, outcome.kind !== "answered");
    this.#resolve(outcome);
    return true;
  }
}
