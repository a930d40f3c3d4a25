import * as v from "valibot";

const text = (lengthMax: number) => v.pipe(v.string(), v.maxLength(lengthMax));
const amount = v.pipe(v.number(), v.minValue(0));
const latencyless = {
  seen: text(64),
  eligible: v.boolean(),
  weight: amount,
  inFlight: amount,
  latencyMs: amount,
};

const rules = [
  "never-sent",
  "unstarted",
  "idempotent",
  "answer-began",
  "not-repeated-after-this",
  "body-gone",
  "no-other-worker",
  "deadline",
  "retries-used",
  "route-forbids",
  "repeated-before",
  "not-idempotent",
  "budget-empty",
] as const;

const trySchema = v.object({
  worker: text(300),
  way: v.picklist(["link", "kept", "new"]),
  chosenMs: amount,
  sentMs: v.exactOptional(amount),
  wholeMs: v.exactOptional(amount),
  firstByteMs: v.exactOptional(amount),
  endMs: amount,
  outcome: v.picklist([
    "answered",
    "refused",
    "connect-timeout",
    "no-means",
    "untrusted",
    "unused",
    "reset",
    "unstarted",
    "stalled",
    "head-timeout",
    "not-reading",
    "bad-answer",
    "unasked-upgrade",
    "overtaken",
    "left",
  ]),
  rule: v.exactOptional(v.picklist(rules)),
});

const workersSchema = v.object({
  workers: amount,
  eligible: amount,
  full: amount,
  draining: amount,
  weightless: amount,
  out: amount,
  waiting: amount,
  policy: text(64),
  shown: v.pipe(
    v.array(
      v.object({
        worker: text(300),
        state: text(64),
        ...latencyless,
        maxInFlight: v.exactOptional(amount),
        adaptive: v.exactOptional(v.object({ limit: amount, waiting: amount })),
      }),
    ),
    v.maxLength(16),
  ),
});

const recordSchema = v.object({
  id: text(128),
  traceId: v.exactOptional(text(32)),
  proxy: text(300),
  at: v.pipe(v.string(), v.isoTimestamp()),
  kept: v.picklist(["failed", "slow", "sampled"]),
  client: text(64),
  method: text(64),
  host: text(255),
  path: text(1_024),
  query: text(4_096),
  status: amount,
  code: v.exactOptional(text(64)),
  detail: v.exactOptional(text(300)),
  end: v.picklist(["whole", "own", "cut", "client-gone", "client-stalled", "stopped"]),
  route: v.exactOptional(text(1_024)),
  service: v.exactOptional(text(300)),
  subset: v.exactOptional(text(300)),
  queuedMs: amount,
  headMs: v.exactOptional(amount),
  tookMs: amount,
  bytesIn: amount,
  bytesOut: amount,
  tries: v.pipe(v.array(trySchema), v.maxLength(32)),
  limits: v.exactOptional(v.record(text(64), amount)),
  routes: v.exactOptional(
    v.pipe(
      v.array(
        v.object({
          name: text(1_024),
          verdict: v.picklist(["chosen", "later", "no"]),
          reasons: v.pipe(v.array(text(300)), v.maxLength(64)),
        }),
      ),
      v.maxLength(16),
    ),
  ),
  workers: v.exactOptional(workersSchema),
});

export const requestsWantedSchema = v.object({
  id: v.exactOptional(text(128)),
  kept: v.exactOptional(v.picklist(["failed", "slow", "sampled"])),
  code: v.exactOptional(text(64)),
  service: v.exactOptional(text(300)),
  status: v.exactOptional(amount),
  slowest: v.exactOptional(v.boolean()),
  limit: v.pipe(amount, v.integer(), v.maxValue(200)),
});

/** A proxy of another host is let in by a join token: what it tells is checked as everybody's words are. */
export const proxyAnswerSchema = v.object({
  v: v.literal(1),
  ask: text(64),
  proxy: text(300),
  records: v.pipe(v.array(recordSchema), v.maxLength(200)),
});
