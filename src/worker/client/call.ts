import type { IncomingMessage } from "node:http";
import { mayAskAnotherGateway } from "../../core/client/repeat.ts";
import { accountFor, type RetryBudget, spendRetry } from "../../core/retry/budget.ts";
import { decideRetry, type RetryProblem, type TryFailure } from "../../core/retry/retry.ts";
import { plainRequestId } from "../../http1/http1.ts";
import { SkeinError } from "../../protocol/error.ts";
import { hopHeaders, toldAttempt, toldBudget } from "../../protocol/hops.ts";
import { type Problem, type ProblemName, problems } from "../../protocol/problem.ts";
import type { Clock } from "../../runtime/clock.ts";
import { Attempt, type Outcome, type OutgoingRequest } from "./attempt.ts";
import { discard } from "./discard.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Endpoints } from "./endpoints.ts";

/** Where nothing was sent to anybody, everybody is asked again after this. */
const roundEveryMs = 50;
/** As long as a gateway waits for a worker: an outage that is shorter costs time only. */
const patienceMs = 1_000;

export interface CallPorts {
  clock: Clock;
  endpoints: Endpoints;
  budget: RetryBudget;
  connectMs: number;
  kind: "gateways" | "workers";
  /** Why nobody can be asked. */
  nobody(): SkeinError;
}

export interface CallLimits {
  /** Monotonic time at which the head of the answer must be there. */
  until: number;
  signal: AbortSignal | undefined;
  /** How often the request for which this one is made was repeated on its way here. */
  attempt: number;
}

export interface Answered {
  answer: IncomingMessage;
  endpoint: Endpoint;
}

/**
 *   choose --> try --answered--> done
 *     ^         |
 *     |         +-- failed, or the gateway says that it could not --> may another have it? --no--> error
 *     +------------------------------------- yes ----------------------------+
 *
 * One request until its one answer. Nothing that may have begun is sent twice, unless it may be repeated.
 */
export class Call {
  readonly #ports: CallPorts;
  readonly #request: OutgoingRequest;
  readonly #limits: CallLimits;
  readonly #beganAt: number;
  readonly #tried = new Set<Endpoint>();
  #retries = 0;
  #failure: SkeinError | undefined;

  constructor(ports: CallPorts, request: OutgoingRequest, limits: CallLimits) {
    this.#ports = ports;
    this.#request = request;
    this.#limits = limits;
    this.#beganAt = ports.clock.now();
  }

  async run(): Promise<Answered> {
    try {
      return await this.#untilAnswered();
    } catch (error) {
      if (error === this.#failure) this.#accountFor(true);
      throw error;
    }
  }

  #accountFor(failed: boolean): void {
    accountFor(this.#ports.budget, failed, this.#retries, this.#ports.clock.now());
  }

  async #untilAnswered(): Promise<Answered> {
    for (;;) {
      const endpoint = this.#ports.endpoints.pick(this.#tried);
      if (endpoint === undefined) {
        await this.#nextRound();
        continue;
      }
      const outcome = await this.#attempt(endpoint);
      if (outcome.kind === "aborted") throw this.#limits.signal?.reason;
      if (outcome.kind === "body-failed") throw outcome.error;
      if (outcome.kind === "late") this.#late(endpoint);
      else if (outcome.kind === "failed") this.#failed(endpoint, outcome);
      else if (this.#takes(endpoint, outcome.answer)) return { answer: outcome.answer, endpoint };
    }
  }

  async #attempt(endpoint: Endpoint): Promise<Outcome> {
    const { clock, endpoints, connectMs } = this.#ports;
    const { until, signal } = this.#limits;
    signal?.throwIfAborted();
    if (clock.now() >= until) throw this.#failure ?? this.#tooLate();
    const attempt = new Attempt(endpoint, this.#addressed(endpoint), {
      clock,
      connectMs,
      mayLeave: () => this.#mayLeave(endpoint),
    });
    endpoints.watch();
    const abort = (): void => attempt.abort();
    signal?.addEventListener("abort", abort);
    const deadline = clock.after(until - clock.now(), () => attempt.tooLate());
    try {
      return await attempt.outcome;
    } finally {
      deadline.cancel();
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Nobody is blamed; but calls that all end sooner than a connection is made must find a dead endpoint too. */
  #late(endpoint: Endpoint): never {
    this.#ports.endpoints.ask(endpoint);
    throw this.#failure ?? this.#tooLate();
  }

  /** Before anything was sent. */
  #tooLate(): SkeinError {
    const { method, path } = this.#request;
    return new SkeinError("deadlinePassed", `${method} ${path}: the time for it was over before it was sent`);
  }

  #addressed(endpoint: Endpoint): OutgoingRequest {
    const { clock } = this.#ports;
    const attempt = this.#limits.attempt + this.#retries;
    const headers: Record<string, string> = {
      host: endpoint.routedBy,
      ...this.#request.headers,
      [hopHeaders.budget]: String(toldBudget(this.#limits.until - clock.now())),
    };
    if (attempt > 0) headers[hopHeaders.attempt] = String(toldAttempt(attempt));
    return { ...this.#request, headers };
  }

  /** Throws unless another try is to be made. */
  #failed(endpoint: Endpoint, outcome: Outcome & { kind: "failed" }): void {
    const { failure, reused, error, noMeans } = outcome;
    if (failure !== "head-timeout" && !reused && noMeans !== true) this.#ports.endpoints.lost(endpoint);
    // A connection that had been idle says nothing of the gateway: it may be asked again, by a fresh one.
    if (!(failure === "reset" && reused)) this.#tried.add(endpoint);
    else endpoint.dropIdle();
    const decision = this.#decide(failure);
    const name = decision.kind === "retry" || decision.kind === "answer" ? decision.problem : "headTimeout";
    this.#failure = this.#errorOf(name, endpoint, error);
    // It was asked, and paid for, when the endpoint was found silent.
    if (failure === "stalled") return;
    if (decision.kind !== "retry") throw this.#failure;
    if (decision.counted) this.#payForRetry(this.#failure);
  }

  #decide(failure: TryFailure): ReturnType<typeof decideRetry> {
    const { repeatable, body } = this.#request;
    return decideRetry({
      failure,
      idempotent: repeatable,
      repetition: this.#limits.attempt > 0,
      knownUnstarted: false,
      answerBegan: false,
      answerForwarded: false,
      bodyReplayable: body.kind !== "stream",
      retries: this.#retries,
      // With nobody left, those to whom nothing was sent are asked again: see #nextRound.
      anotherWorker: true,
      deadlinePassed: this.#ports.clock.now() >= this.#limits.until,
      routeRetries: true,
    });
  }

  /** The endpoint is silent while this waits for it. */
  #mayLeave(endpoint: Endpoint): boolean {
    const others = this.#ports.endpoints.list.filter((other) => other !== endpoint && other.open);
    if (others.length === 0 || this.#decide("stalled").kind !== "retry") return false;
    if (!spendRetry(this.#ports.budget, this.#ports.clock.now())) return false;
    this.#retries += 1;
    return true;
  }

  #payForRetry(failure: SkeinError): void {
    if (!spendRetry(this.#ports.budget, this.#ports.clock.now())) throw failure;
    this.#retries += 1;
  }

  /** False: the gateway could not serve it, and another is to be asked. Throws what is final and no answer. */
  #takes(endpoint: Endpoint, answer: IncomingMessage): boolean {
    const name = this.#ports.kind === "gateways" ? gatewaysProblem(answer) : undefined;
    if (name === undefined) {
      this.#accountFor((answer.statusCode ?? 0) >= 500);
      return true;
    }
    // With a stream still on its way the connection has no next request.
    if (this.#request.body.kind === "stream") answer.destroy();
    else discard(answer, this.#ports.clock);
    this.#tried.add(endpoint);
    const problem: Problem = problems[name];
    if (nobodyServed.has(name)) this.#ports.endpoints.unserved(endpoint);
    this.#failure = refusalBy(endpoint, name, answer);
    const another = mayAskAnotherGateway(problem, {
      repeatable: this.#request.repeatable,
      bodyReplayable: this.#request.body.kind !== "stream",
      retries: this.#retries,
      spent: answer.headers[hopHeaders.retry] === "no",
      deadlinePassed: this.#ports.clock.now() >= this.#limits.until,
    });
    if (!another || this.#ports.endpoints.pick(this.#tried) === undefined) throw this.#failure;
    this.#payForRetry(this.#failure);
    return false;
  }

  /** Nobody is left to be asked. Those who could not even be reached are asked again, for a while. */
  async #nextRound(): Promise<void> {
    const { clock, endpoints } = this.#ports;
    const { until, signal } = this.#limits;
    signal?.throwIfAborted();
    const endsAt = Math.min(until, this.#beganAt + patienceMs);
    const now = clock.now();
    if (now >= endsAt) throw this.#failure ?? this.#ports.nobody();
    await endpoints.changed(Math.min(roundEveryMs, endsAt - now));
    this.#tried.clear();
  }

  #errorOf(name: RetryProblem, endpoint: Endpoint, cause: Error): SkeinError {
    const gateways = this.#ports.kind === "gateways";
    const unreached = name === "workerRefused" || name === "connectTimeout" || name === "workerUntrusted";
    const told: ProblemName = gateways && unreached ? "gatewayUnreachable" : name;
    const { method, path } = this.#request;
    const tries = this.#retries === 0 ? "" : ` (after ${this.#retries} retries)`;
    return new SkeinError(told, `${method} ${path} at ${endpoint.name}: ${cause.message}${tries}`, { cause });
  }
}

/** A gateway that says so found nobody for this request, and will hardly find somebody for the next one. */
const nobodyServed: ReadonlySet<ProblemName> = new Set<ProblemName>([
  "noLiveWorker",
  "workerRefused",
  "workerUntrusted",
  "connectTimeout",
  "queueFull",
  "queueTimeout",
  "tooManyConnections",
  "notReady",
  "gatewayStopping",
]);

const namesByCode = new Map(
  Object.entries(problems).map(([name, { code }]) => [code as string, name as ProblemName]),
);

function refusalBy(endpoint: Endpoint, name: ProblemName, { headers }: IncomingMessage): SkeinError {
  const { status, code } = problems[name];
  const id = headers["x-request-id"];
  const requestId = typeof id === "string" ? plainRequestId(id) : undefined;
  const seconds = /^\d{1,9}$/.test(headers["retry-after"] ?? "") ? Number(headers["retry-after"]) : undefined;
  const why = requestId === undefined ? "" : ` (skein why ${requestId})`;
  return new SkeinError(name, `${endpoint.name} answered ${status} ${code}${why}`, {
    requestId,
    retryAfterMs: seconds === undefined ? undefined : seconds * 1_000,
  });
}

/**
 * Which problem a gateway tells of itself; undefined: this is an answer. What a gateway has passed on says so in `Via`: the
 * service may repeat what another gateway told it, and may have done its work before.
 */
function gatewaysProblem({ statusCode = 0, headers }: IncomingMessage): ProblemName | undefined {
  const isItsOwn = statusCode >= 300 && headers.via === undefined;
  const code = isItsOwn ? headers["x-skein-reason"] : undefined;
  return typeof code === "string" ? namesByCode.get(code) : undefined;
}
