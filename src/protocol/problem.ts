/**
 * Every answer that the gateway itself makes, in one table (RFC 9457 problem details). `code` is stable: it is
 * also the value of `x-skein-reason`. `fault` says who must act; `retry` whether the client may repeat the request: `safe` is
 * also told of one that a worker may have carried out, if doing so twice comes to the same as once (by its method, or by its key).
 */
export interface Problem {
  code: string;
  status: number;
  title: string;
  fault: "client" | "worker" | "gateway" | "operator";
  retry: "safe" | "idempotent-only" | "pointless";
}

function problem<Code extends string>(
  code: Code,
  status: number,
  fault: Problem["fault"],
  retry: Problem["retry"],
  title: string,
): Problem & { code: Code } {
  return { code, status, title, fault, retry };
}

export const problems = {
  // The client's message
  badRequest: problem("bad-request", 400, "client", "pointless", "The request is not valid HTTP/1.1"),
  badFraming: problem(
    "bad-framing",
    400,
    "client",
    "pointless",
    "The length of the request body is ambiguous",
  ),
  badHost: problem("bad-host", 400, "client", "pointless", "The request needs exactly one valid Host"),
  badPath: problem("bad-path", 400, "client", "pointless", "The path is ambiguous or climbs upwards"),
  methodRefused: problem("method-refused", 405, "client", "pointless", "This method is not forwarded"),
  lastHop: problem("last-hop", 200, "client", "safe", "Max-Forwards lets this request go no further"),
  schemeRefused: problem(
    "scheme-refused",
    421,
    "client",
    "pointless",
    "An https target came over a connection without TLS",
  ),
  requestTimeout: problem("request-timeout", 408, "client", "safe", "The request did not arrive in time"),
  bodyTooLarge: problem(
    "body-too-large",
    413,
    "client",
    "pointless",
    "The request body is larger than the route allows",
  ),
  targetTooLong: problem("target-too-long", 414, "client", "pointless", "The request target is too long"),
  expectationFailed: problem(
    "expectation-failed",
    417,
    "client",
    "pointless",
    "Only Expect: 100-continue is understood",
  ),
  headTooLarge: problem("head-too-large", 431, "client", "pointless", "The request head is too large"),
  codingUnknown: problem(
    "coding-unknown",
    501,
    "client",
    "pointless",
    "This transfer coding is not supported",
  ),
  versionRefused: problem(
    "version-refused",
    505,
    "client",
    "pointless",
    "This HTTP version is not supported",
  ),
  // The client's connection
  httpsRequired: problem("https-required", 308, "client", "safe", "This host is served over HTTPS"),
  plainHttp: problem("plain-http", 400, "client", "pointless", "This port takes HTTPS only"),
  misdirected: problem(
    "misdirected",
    421,
    "client",
    "safe",
    "The connection was opened for another host than the request names",
  ),
  // Routing and admission
  noRoute: problem("no-route", 404, "operator", "pointless", "No route matches this request"),
  noLiveWorker: problem("no-live-worker", 503, "worker", "safe", "The service has no live worker"),
  queueFull: problem("queue-full", 503, "gateway", "safe", "Every worker is full, and so is the queue"),
  queueTimeout: problem("queue-timeout", 503, "gateway", "safe", "Every worker stayed full for too long"),
  rateLimited: problem(
    "rate-limited",
    429,
    "client",
    "safe",
    "More requests than the route allows to this client",
  ),
  displaced: problem(
    "displaced",
    503,
    "gateway",
    "safe",
    "Every worker is full, and a request that goes first took the place in the queue",
  ),
  tooManyConnections: problem(
    "too-many-connections",
    503,
    "gateway",
    "safe",
    "The gateway has too many connections",
  ),
  notReady: problem("not-ready", 503, "gateway", "safe", "The gateway has no routing table yet"),
  // The worker
  workerRefused: problem("worker-refused", 502, "worker", "safe", "No worker accepted the connection"),
  workerUntrusted: problem(
    "worker-untrusted",
    502,
    "operator",
    "safe",
    "No worker showed a certificate that can be trusted",
  ),
  outcomeUnknown: problem(
    "outcome-unknown",
    502,
    "worker",
    "idempotent-only",
    "The worker was lost after it had received the request",
  ),
  workerReset: problem("worker-reset", 502, "worker", "safe", "The worker was lost before it answered"),
  badAnswer: problem(
    "bad-answer",
    502,
    "worker",
    "idempotent-only",
    "The answer of the worker is not valid HTTP/1.1",
  ),
  upgradeRefused: problem(
    "upgrade-refused",
    502,
    "worker",
    "safe",
    "The worker switched protocols without being asked",
  ),
  headTimeout: problem("head-timeout", 504, "worker", "idempotent-only", "The worker did not answer in time"),
  deadlinePassed: problem(
    "deadline-passed",
    504,
    "client",
    "safe",
    "The time that the client gave was over while no worker had the request",
  ),
  connectTimeout: problem("connect-timeout", 504, "worker", "safe", "No worker took the connection in time"),
  gatewayStopping: problem("gateway-stopping", 503, "gateway", "safe", "The gateway is stopping"),
  // What only a client of the SDK says: no gateway was there to say it
  gatewayUnreachable: problem("gateway-unreachable", 503, "gateway", "safe", "No gateway took the request"),
  // The control API
  invalid: problem("invalid", 400, "client", "pointless", "The request is not understood"),
  unauthorized: problem("unauthorized", 401, "client", "pointless", "A valid token is needed"),
  forbidden: problem("forbidden", 403, "client", "pointless", "This request is not allowed from there"),
  addressForbidden: problem(
    "address-forbidden",
    403,
    "client",
    "pointless",
    "A worker may not register this address",
  ),
  hostForbidden: problem("host-forbidden", 421, "client", "pointless", "This Host is not served here"),
  notFound: problem("not-found", 404, "client", "pointless", "There is no such thing"),
  requestUnknown: problem(
    "request-unknown",
    404,
    "client",
    "pointless",
    "No proxy has a record of this request",
  ),
  workerUnknown: problem("worker-unknown", 404, "client", "pointless", "No worker has this id"),
  workerAmbiguous: problem(
    "worker-ambiguous",
    409,
    "client",
    "pointless",
    "Workers of several services have this id",
  ),
  generationOld: problem(
    "generation-old",
    409,
    "worker",
    "pointless",
    "A newer life of this worker has joined",
  ),
  addressTaken: problem(
    "address-taken",
    409,
    "worker",
    "safe",
    "This worker is registered at another address, and its lease runs",
  ),
  payloadTooLarge: problem("payload-too-large", 413, "client", "pointless", "The body is too large"),
  mediaType: problem("media-type", 415, "client", "pointless", "Content-Type: application/json is needed"),
  nameLookupFailed: problem(
    "name-lookup-failed",
    503,
    "gateway",
    "safe",
    "The name in the address cannot be looked up at this moment",
  ),
  nameElsewhere: problem(
    "name-elsewhere",
    409,
    "worker",
    "safe",
    "The name in the address leads to another address than the worker's at this moment",
  ),
  tooManyWorkers: problem("too-many-workers", 429, "client", "pointless", "The registry is full"),
  tooManyRequests: problem("too-many-requests", 429, "client", "safe", "Slow down"),
  noLeader: problem("no-leader", 503, "gateway", "safe", "There is no leader at this moment"),
  storeFailed: problem("store-failed", 503, "gateway", "safe", "The store cannot be written"),
  internal: problem("internal", 500, "gateway", "idempotent-only", "The gateway made an error"),
} as const;

export type ProblemName = keyof typeof problems;
export type ProblemCode = (typeof problems)[ProblemName]["code"];

export const problemCodes: readonly ProblemCode[] = Object.values(problems).map(({ code }) => code);

/** The body of an answer: `application/problem+json`. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail?: string;
  hint?: string;
  requestId?: string;
  /** What an operator types to learn more. */
  why?: string;
}
