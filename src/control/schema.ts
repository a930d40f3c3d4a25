import * as v from "valibot";
import { routesReportedMax, servicesReportedMax, workersReportedMax } from "../protocol/evidence.ts";
import { heartbeatDefaults, weightMax } from "../protocol/heartbeat.ts";
import { tokenLimits } from "../protocol/join-token.ts";

/** A name that may stand in a table, a path, a metric and a terminal: no blanks, no control characters, no markup. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._:@[\]-]{0,127}$/;
const servicePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const metadataKey = /^[a-z0-9._-]{1,64}$/;
// eslint-disable-next-line no-control-regex -- control characters are exactly what must not come in
const plainText = /^[^\u0000-\u001f\u007f-\u009f]*$/;

const service = v.pipe(
  v.string(),
  v.regex(
    servicePattern,
    "must be 1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit",
  ),
);
export const identity = v.pipe(
  v.string(),
  v.regex(
    namePattern,
    "must be 1 to 128 letters, digits, '.', '_', ':', '@' or '-', beginning with a letter or digit",
  ),
);
const text = (max: number) =>
  v.pipe(v.string(), v.maxLength(max), v.regex(plainText, "must not contain control characters"));
const count = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(max));
const amount = (max: number) => v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(max));

export const loadSchema = v.object({
  inFlight: v.optional(count(1_000_000_000)),
  eventLoopDelayP99Ms: v.optional(amount(86_400_000)),
  eventLoopUtilization: v.optional(amount(1)),
  memoryBytes: v.optional(amount(Number.MAX_SAFE_INTEGER)),
});

export const metadataSchema = v.pipe(
  v.record(
    v.pipe(v.string(), v.regex(metadataKey, "keys must be 1 to 64 of a-z, 0-9, '.', '_', '-'")),
    text(4096),
  ),
  v.check((metadata) => Object.keys(metadata).length <= 32, "must have at most 32 keys"),
);

/** Everything that a worker says of itself, in a heartbeat or a session's hello. */
const wishes = {
  service,
  address: text(300),
  ttlMs: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(heartbeatDefaults.ttlMsMin),
      v.maxValue(heartbeatDefaults.ttlMsMax),
    ),
  ),
  weight: v.optional(amount(weightMax)),
  version: v.optional(text(100)),
  zone: v.optional(text(100)),
  tags: v.optional(v.pipe(v.array(text(64)), v.maxLength(32))),
  metadata: v.optional(metadataSchema),
  generation: v.optional(count(Number.MAX_SAFE_INTEGER)),
  maxInFlight: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000))),
  keepAliveMs: v.optional(count(86_400_000)),
};

/** Up to ten years. */
const expiresInMsMax = 315_360_000_000;

export const tokenSchema = v.strictObject({
  scope: v.picklist(["worker", "gateway"]),
  services: v.optional(v.pipe(v.array(service), v.maxLength(tokenLimits.servicesMax))),
  expiresInMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1_000), v.maxValue(expiresInMsMax))),
});

export const heartbeatSchema = v.strictObject({
  ...wishes,
  id: v.optional(identity),
  load: v.optional(loadSchema),
});

export const helloSchema = v.object({
  t: v.literal("hello"),
  v: v.literal(1),
  ...wishes,
  id: identity,
  begunAtMs: v.optional(amount(Number.MAX_SAFE_INTEGER)),
  proof: v.optional(text(100)),
  link: v.optional(
    v.object({
      port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
      key: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "must be 64 digits of 0-9, a-f")),
      sealed: v.optional(v.literal(true)),
    }),
  ),
  instance: v.pipe(
    v.string(),
    v.regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 letters, digits, '_' or '-'"),
  ),
});

export const weightSchema = v.strictObject({
  /** Null: the worker's own again. */
  weight: v.nullable(amount(weightMax)),
});

/** As a proxy has it from the table: configured workers, and plain heartbeats, may be called by an address of any kind. */
const tableId = text(300);

const evidenceSchema = v.object({
  service,
  id: tableId,
  address: text(300),
  generation: count(Number.MAX_SAFE_INTEGER),
  kind: v.picklist(["refused", "reset", "connect-timeout", "stalled", "silent", "failing", "answered"]),
});

export const evidenceReportSchema = v.object({
  v: v.literal(1),
  proxy: identity,
  items: v.pipe(v.array(evidenceSchema), v.maxLength(10_000)),
});

const counter = amount(Number.MAX_SAFE_INTEGER);
const counters = (keysMax: number) =>
  v.pipe(
    v.record(text(128), counter),
    v.check((record) => Object.keys(record).length <= keysMax, `must have at most ${keysMax} keys`),
  );

const answerStatistics = {
  byStatusClass: v.pipe(v.array(counter), v.maxLength(5)),
  latency: v.pipe(v.array(counter), v.maxLength(32)),
  latencySumMs: counter,
};

const serviceStatisticsSchema = v.object({
  ...answerStatistics,
  requests: counter,
  inFlight: counter,
  bytesIn: counter,
  bytesOut: counter,
  overload: v.optional(
    v.object({
      waiting: counter,
      waited: counter,
      waitedMs: counter,
      shed: counter,
      limitedWorkers: counter,
      limit: counter,
    }),
  ),
});

const tlsStatisticsSchema = v.object({
  pending: counter,
  handshakes: counter,
  resumed: counter,
  failed: counters(50),
  workersFailed: counters(50),
  certificates: v.pipe(
    v.array(v.object({ file: text(4096), notAfter: counter, faulty: v.boolean() })),
    v.maxLength(10_000),
  ),
});

const workerStatisticsSchema = v.object({
  service,
  id: tableId,
  answers: counter,
  errors: counter,
  latency: v.pipe(v.array(counter), v.maxLength(32)),
  latencySumMs: v.optional(counter),
});

export const statisticsReportSchema = v.object({
  v: v.literal(1),
  proxy: identity,
  instance: identity,
  leaving: v.optional(v.boolean()),
  connections: v.object({ open: counter, accepted: counter, refused: counter }),
  services: v.pipe(
    v.record(text(64), serviceStatisticsSchema),
    v.check((record) => Object.keys(record).length <= servicesReportedMax, "must have fewer services"),
  ),
  routes: v.optional(
    v.pipe(
      v.record(text(4096), v.object(answerStatistics)),
      v.check((record) => Object.keys(record).length <= routesReportedMax, "must have fewer routes"),
    ),
  ),
  workers: v.optional(v.pipe(v.array(workerStatisticsSchema), v.maxLength(workersReportedMax))),
  workersLeftOut: v.optional(counter),
  problems: counters(200),
  retries: v.object({ taken: counter, denied: counter }),
  links: v.optional(v.object({ open: counter, failed: counter, requests: counter })),
  process: v.optional(
    v.object({
      heapBytes: counter,
      deadlines: counter,
      upMs: v.optional(counter),
      loopDelayP99Ms: v.optional(counter),
    }),
  ),
  table: v.optional(v.object({ term: counter, revision: counter, sequence: counter, heardMsAgo: counter })),
  poisoned: counters(50),
  tls: v.optional(tlsStatisticsSchema),
  traces: v.optional(
    v.object({ delivered: counter, rejected: counter, lost: counter, retried: counter, dropped: counter }),
  ),
});
