import type { IncomingMessage } from "node:http";
import { newRetryBudget, type RetryBudget } from "../../core/retry/budget.ts";
import { isIdempotent } from "../../core/retry/retry.ts";
import { SkeinError } from "../../protocol/error.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import { type Random, systemRandom } from "../../runtime/random.ts";
import { keepAtHand, requestAtHand } from "../at-hand/at-hand.ts";
import type { RequestAtHand } from "../at-hand/request-at-hand.ts";
import { authorityOf } from "../authority-file.ts";
import { controllerSeeds } from "../locate.ts";
import { misunderstanding } from "../misunderstanding.ts";
import { answerBody } from "./answer-body.ts";
import type { OutgoingRequest } from "./attempt.ts";
import type { BodySource } from "./body-source.ts";
import { type CallOptions, checkCall } from "./call-options.ts";
import { Call, type CallLimits, type CallPorts, type Answered } from "./call.ts";
import { type ClientOptions, type ClientSettings, clientSettings, milliseconds } from "./client-options.ts";
import { discard } from "./discard.ts";
import { Discovery } from "./discovery.ts";
import { Endpoint } from "./endpoint.ts";
import { Endpoints } from "./endpoints.ts";
import { FoundWorkers } from "./found-workers.ts";
import { requestBody, type RequestBody, sourceOf } from "./request-body.ts";
import { framed } from "./request-framing.ts";
import { checkPath, requestTarget } from "./request-target.ts";

/** 20 % more requests than were asked for, a burst of 100, and always 10 a second: as a gateway's own. */
const budgetRules = { ratio: 0.2, reserve: 100, perSecondMin: 10 };
const nullBodyStatuses = new Set([204, 205, 304]);

/** A service, as its callers see it. Made by `client`. */
export class ServiceClient {
  readonly service: string;
  readonly #settings: ClientSettings;
  readonly #clock: Clock;
  readonly #endpoints: Endpoints;
  readonly #budget: RetryBudget;
  readonly #ports: CallPorts;
  #discovery: Discovery | undefined;
  #closed = false;

  constructor(settings: ClientSettings, clock: Clock = systemClock, random: Random = systemRandom) {
    this.service = settings.service;
    this.#settings = settings;
    this.#clock = clock;
    this.#budget = newRetryBudget(budgetRules, clock.now());
    this.#endpoints = new Endpoints(clock, random);
    this.#ports = {
      clock,
      endpoints: this.#endpoints,
      budget: this.#budget,
      connectMs: settings.connectMs,
      kind: settings.to.kind,
      nobody: () => this.#nobody(),
    };
    const { to, tls } = settings;
    if (to.kind === "gateways") this.#endpoints.replace(to.urls.map((url) => gatewayAt(url, to.host, tls)));
    else this.#discover(to, random);
  }

  /**
   * Sends a request to the service and gives its answer, whatever its status. Rejects with a SkeinError (`code`,
   * `problem.fault`, `problem.retry`, `cause`) when the service gave none, and with the signal's reason when it aborts.
   * `path` begins with `/`; it is encoded where it has to be, and goes without a `#fragment`.
   */
  async fetch(path: string, options: CallOptions = {}): Promise<Response> {
    const source = sourceOf(options.body);
    try {
      return await this.#answerTo(path, options, source);
    } finally {
      source?.letGoUnread();
    }
  }

  async #answerTo(path: string, options: CallOptions, source: BodySource | undefined): Promise<Response> {
    if (this.#closed) throw new SkeinError("invalid", `the client of ${this.service} is closed`);
    checkCall(options);
    const caller = options.inherit === false ? undefined : requestAtHand();
    const signal = anyOf(options.signal, caller?.signal, source?.failed);
    signal?.throwIfAborted();
    const timeoutMs = milliseconds("timeoutMs", options.timeoutMs) ?? this.#settings.timeoutMs;
    const startedAt = this.#clock.now();
    const endsAt = options.deadline === undefined ? undefined : startedAt + msUntil(options.deadline);
    const until = Math.min(
      startedAt + Math.min(timeoutMs, caller?.remainingMs ?? Infinity),
      endsAt ?? Infinity,
    );
    const request = this.#requestOf(path, options, await requestBody(source ?? options.body), caller);
    const limits: CallLimits = { until, signal, attempt: caller?.attempt ?? 0 };
    const answered = await kept(until - startedAt, new Call(this.#ports, request, limits).run());
    return this.#responseOf(answered, request, {
      silenceMs: timeoutMs,
      until: endsAt,
      signal: limits.signal,
    });
  }

  /** Where requests go now, and which of that is avoided. */
  get endpoints(): { address: string; avoided: boolean; inFlight: number }[] {
    return this.#endpoints.list.map(({ name, open, inFlight }) => ({
      address: name,
      avoided: !open,
      inFlight,
    }));
  }

  /** Lets go of everything idle; what is under way is finished. */
  close(): void {
    this.#closed = true;
    this.#discovery?.close();
    this.#endpoints.close();
  }

  #discover(to: ClientSettings["to"] & { kind: "workers" }, random: Random): void {
    const found = new FoundWorkers(this.#settings.tls);
    this.#discovery = new Discovery({
      service: this.service,
      clock: this.#clock,
      random,
      token: to.token,
      authority: authorityOf(to.ca),
      seeds: controllerSeeds(to.control, to.state),
      take: (frame) => {
        const endpoints = found.take(frame);
        if (endpoints !== undefined) this.#endpoints.replace(endpoints);
      },
    });
  }

  /** The controllers say that there is no worker, or none of them says anything. */
  #nobody(): SkeinError {
    if (this.#discovery === undefined)
      return new SkeinError("gatewayUnreachable", `the client of ${this.service} is closed`);
    const { trouble } = this.#discovery;
    if (trouble === undefined)
      return new SkeinError("noLiveWorker", `the controllers know no live worker of ${this.service}`);
    const { controller, cause } = trouble;
    const reason = "code" in cause ? String(cause.code) : cause.message;
    const why = misunderstanding(controller, reason) ?? `${controller}: ${reason}`;
    return new SkeinError(
      "gatewayUnreachable",
      `no controller tells the workers of ${this.service} (${why})`,
      { cause },
    );
  }

  #requestOf(
    path: string,
    options: CallOptions,
    body: RequestBody,
    caller: RequestAtHand | undefined,
  ): OutgoingRequest {
    const { to } = this.#settings;
    checkPath(path);
    const method = (options.method ?? "GET").toUpperCase();
    const headers = headersOf(options.headers);
    if (to.kind === "gateways" && to.host !== undefined) headers["host"] = to.host;
    for (const [name, value] of caller?.trace ?? []) headers[name] ??= value;
    if (body.kind !== "none" && body.type !== undefined) headers["content-type"] ??= body.type;
    return {
      method,
      path: requestTarget(to.kind === "gateways" ? `${to.prefix}${path}` : path),
      headers: framed(headers, body),
      body,
      repeatable: options.idempotent ?? isIdempotent(method),
    };
  }

  #responseOf(
    { answer, endpoint }: Answered,
    { method }: OutgoingRequest,
    limits: { silenceMs: number; until: number | undefined; signal: AbortSignal | undefined },
  ): Response {
    const status = answer.statusCode ?? 0;
    const empty = method === "HEAD" || nullBodyStatuses.has(status);
    if (empty) discard(answer, this.#clock);
    const body = empty ? null : answerBody(answer, { clock: this.#clock, name: endpoint.name, ...limits });
    try {
      const headers = headersOfAnswer(answer);
      return new Response(body, { status, statusText: answer.statusMessage ?? "", headers });
    } catch (cause) {
      // A status or a reason that HTTP allows and a Response does not.
      answer.destroy();
      throw new SkeinError("badAnswer", `${endpoint.name} answered with status ${status}`, { cause });
    }
  }
}

/**
 * A client of a service, through gateways or directly at its workers: see ClientOptions. Make one and keep it: it
 * holds connections, and learns which gateways and workers answer.
 */
export function client(service: string, options: ClientOptions = {}): ServiceClient {
  keepAtHand();
  return new ServiceClient(clientSettings(service, options, process.env));
}

function anyOf(...given: (AbortSignal | null | undefined)[]): AbortSignal | undefined {
  const signals = given.filter((signal) => signal !== null && signal !== undefined);
  return signals.length > 1 ? AbortSignal.any(signals) : signals[0];
}

/** `routedBy`: a host, and perhaps a port; the gateway shows its certificate for that host. */
function gatewayAt(url: string, routedBy: string | undefined, tls: ClientSettings["tls"]): Endpoint {
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === "https:";
  const host = hostname.replace(/^\[|\]$/g, "");
  const serverName = routedBy?.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  const place = { host, port: Number(port || (secure ? 443 : 80)), secure, serverName, routedBy };
  return new Endpoint(place, { kind: "gateway", tls });
}

function headersOf(given: RequestInit["headers"]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of new Headers(given)) headers[name] = value;
  return headers;
}

function headersOfAnswer({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    headers.append(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? "");
  return headers;
}

/** Told as wall time, for that is what callers share; counted by the monotonic clock from here on. */
function msUntil(deadline: Date | number): number {
  const at = Number(deadline);
  if (Number.isFinite(at)) return at - Date.now();
  throw new SkeinError(
    "invalid",
    `fetch: deadline must be a valid Date, or its milliseconds since 1970, not ${String(deadline)}; leave it out for none`,
  );
}

/** While a call waits, the process lives: nothing else of the client keeps it. */
async function kept<Value>(ms: number, running: Promise<Value>): Promise<Value> {
  const hold = setTimeout(() => {}, Math.max(1, ms));
  try {
    return await running;
  } finally {
    clearTimeout(hold);
  }
}
