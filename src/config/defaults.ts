import type { Check, ProxySettings, RegistrationRules, Service } from "../protocol/configuration.ts";

/** Every default of the product in one place; their meaning stands in config.ts. */
export const gatewayDefaults = {
  listen: ":8080",
  control: "127.0.0.1:7600",
  state: "./.skein",
  controllers: 2,
  store: "sqlite",
} as const;

export const checkDefaults = { everyMs: 2_000, timeoutMs: 1_000, fall: 3, rise: 2 } as const;

/** A service of which nothing is configured. */
export function defaultService(name: string): Service {
  const check: Check = { kind: "tcp", ...checkDefaults };
  return {
    name,
    workers: [],
    check,
    policy: "least-wait",
    slowStartMs: 10_000,
    queue: { max: 1_000, waitMs: 3_000 },
    drainMs: 30_000,
  };
}

export const routeDefaults = { headTimeoutMs: 30_000, allowEncodedSlash: false, retry: true } as const;

export const proxyDefaults = {
  trustedProxies: [],
  limits: {
    headBytesMax: 16_384,
    fieldsMax: 100,
    targetBytesMax: 8_192,
    requestsPerConnectionMax: 10_000,
    connectionAgeMsMax: 3_600_000,
    replayBodyBytesMax: 65_536,
    bodyBytesPerSecondMin: 240,
    workerHeadBytesMax: 65_536,
    workerFieldsMax: 200,
    connectionsMax: 20_000,
    connectionsPerAddressMax: 0,
  },
  timeouts: {
    headMs: 10_000,
    handshakeMs: 10_000,
    idleClientMs: 60_000,
    stalledClientMs: 30_000,
    connectMs: 2_000,
    // Node's own keep-alive time is 5 s, and many workers never changed it.
    idleWorkerMs: 4_000,
    noWorkerWaitMs: 1_000,
  },
  retryBudget: { ratio: 0.2, reserve: 100, perSecondMin: 10 },
  accessLog: false,
  accessLogLines: { sample: 1, headers: [] },
  requests: { slowMs: 1_000, samplesPerSecond: 5, keep: 200, redact: [] },
  errorPages: true,
  hints: false,
} satisfies ProxySettings;

export const registrationDefaults: RegistrationRules = {
  allow: [],
  workersMax: 20_000,
  metadataBytesMax: 4_096,
};

/** What holds where `traces` says nothing else. */
export const traceDefaults = {
  share: 0.01,
  follow: "anyone",
  service: "skein",
  queueMax: 4_096,
  batchMax: 512,
  everyMs: 1_000,
  timeoutMs: 10_000,
} as const;
