import * as v from "valibot";
import { priorities } from "../core/admission/priority.ts";
import { policies } from "../core/balancing/candidate.ts";
import type {
  AdaptiveLimitConfig,
  AccessLogConfig,
  RequestsConfig,
  CertificateConfig,
  CheckConfig,
  HstsConfig,
  EtcdConfig,
  EtcdTlsConfig,
  LimitsConfig,
  ListenerConfig,
  PolicyConfig,
  PriorityConfig,
  QueueConfig,
  RateLimitConfig,
  RedirectConfig,
  RegistrationConfig,
  RetryBudgetConfig,
  RewriteConfig,
  RouteConfig,
  ServiceConfig,
  SkeinConfig,
  StickyConfig,
  SubsetConfig,
  TimeoutsConfig,
  TracesConfig,
  TlsConfig,
  WorkerEntryConfig,
  WorkerTlsConfig,
} from "./config.ts";
import { nearest } from "../core/did-you-mean.ts";

/**
 * The shape of what people write; the interfaces of config.ts describe the same, and the compiler compares the two.
 * Meanings (addresses, durations, paths) are checked by `resolveConfiguration`.
 */
const textOrNumber = v.union([v.number(), v.string()]);
const duration = textOrNumber;
const size = textOrNumber;
const texts = v.array(v.string());
const conditions = v.record(v.string(), v.union([v.string(), v.literal(true)]));

const labels = {
  version: v.optional(v.string()),
  tags: v.optional(texts),
  metadata: v.optional(v.record(v.string(), v.string())),
};

const workerSchema = v.union([
  v.string(),
  strict({
    address: v.string(),
    id: v.optional(v.string()),
    weight: v.optional(v.number()),
    zone: v.optional(v.string()),
    ...labels,
    backup: v.optional(v.boolean()),
  }) satisfies v.GenericSchema<WorkerEntryConfig>,
]);

const checkSchema = strict({
  http: v.optional(v.string()),
  tcp: v.optional(v.literal(true)),
  every: v.optional(duration),
  timeout: v.optional(duration),
  fall: v.optional(v.number()),
  rise: v.optional(v.number()),
}) satisfies v.GenericSchema<CheckConfig>;

const queueSchema = strict({
  max: v.optional(v.number()),
  wait: v.optional(duration),
}) satisfies v.GenericSchema<QueueConfig>;

const adaptiveLimitSchema = strict({
  least: v.optional(v.number()),
}) satisfies v.GenericSchema<AdaptiveLimitConfig>;

const prioritySchema = strict({
  use: v.optional(v.picklist(priorities)),
  header: v.optional(v.string()),
  raise: v.optional(v.boolean()),
}) satisfies v.GenericSchema<PriorityConfig>;

const rateLimitSchema = strict({
  requests: v.number(),
  per: v.optional(duration),
  burst: v.optional(v.number()),
  key: v.optional(v.string()),
}) satisfies v.GenericSchema<RateLimitConfig>;

const certificateSchema = strict({
  cert: v.string(),
  key: v.string(),
}) satisfies v.GenericSchema<CertificateConfig>;

const hstsSchema = strict({
  maxAge: v.optional(duration),
  includeSubDomains: v.optional(v.boolean()),
  preload: v.optional(v.boolean()),
}) satisfies v.GenericSchema<HstsConfig>;

const tlsSchema = strict({
  cert: v.optional(v.string()),
  key: v.optional(v.string()),
  certificates: v.optional(v.array(certificateSchema)),
  minVersion: v.optional(v.picklist(["TLSv1.2", "TLSv1.3"])),
  hsts: v.optional(v.union([v.boolean(), v.number(), v.string(), hstsSchema])),
}) satisfies v.GenericSchema<TlsConfig>;

const tlsOrList = v.union([v.array(certificateSchema), tlsSchema]);

const redirectSchema = strict({ port: v.number() }) satisfies v.GenericSchema<RedirectConfig>;

const listenerSchema = strict({
  address: textOrNumber,
  tls: v.optional(v.union([v.literal(false), v.array(certificateSchema), tlsSchema])),
  redirect: v.optional(v.union([v.literal("https"), redirectSchema])),
}) satisfies v.GenericSchema<ListenerConfig>;

const workerTlsSchema = strict({
  ca: v.optional(v.string()),
  name: v.optional(v.string()),
  insecureSkipVerify: v.optional(v.boolean()),
}) satisfies v.GenericSchema<WorkerTlsConfig>;

const policySchema = strict({
  use: v.picklist(policies),
  key: v.optional(v.string()),
  bound: v.optional(v.number()),
  aperture: v.optional(v.union([v.number(), v.literal("all")])),
}) satisfies v.GenericSchema<PolicyConfig>;

const subsetSchema = strict({
  ...labels,
  zone: v.optional(v.string()),
  otherwise: v.optional(v.string()),
}) satisfies v.GenericSchema<SubsetConfig>;

const stickySchema = strict({
  cookie: v.optional(v.string()),
  maxAge: v.optional(duration),
  path: v.optional(v.string()),
  keyFile: v.optional(v.string()),
}) satisfies v.GenericSchema<StickyConfig>;

const serviceSchema = strict({
  workers: v.optional(v.array(workerSchema)),
  check: v.optional(v.union([v.literal(false), checkSchema])),
  policy: v.optional(v.union([v.picklist(policies), policySchema])),
  subsets: v.optional(v.record(v.string(), subsetSchema)),
  sticky: v.optional(v.union([v.boolean(), stickySchema])),
  preferZone: v.optional(v.boolean()),
  slowStart: v.optional(duration),
  maxInFlight: v.optional(v.number()),
  adaptiveLimit: v.optional(v.union([v.boolean(), adaptiveLimitSchema])),
  queue: v.optional(queueSchema),
  fairBy: v.optional(v.string()),
  drain: v.optional(duration),
  hedge: v.optional(v.boolean()),
  ejectSlow: v.optional(v.boolean()),
  tls: v.optional(v.union([v.boolean(), workerTlsSchema])),
}) satisfies v.GenericSchema<ServiceConfig>;

const routeSchema = strict({
  to: v.union([v.string(), v.record(v.string(), v.number())]),
  hosts: v.optional(texts),
  methods: v.optional(texts),
  headers: v.optional(conditions),
  query: v.optional(conditions),
  order: v.optional(v.number()),
  strip: v.optional(v.union([v.boolean(), v.string()])),
  rewrite: v.optional(
    v.union([
      v.string(),
      strict({ prefix: v.string(), with: v.string() }) satisfies v.GenericSchema<RewriteConfig>,
    ]),
  ),
  timeout: v.optional(duration),
  upgrades: v.optional(texts),
  maxBody: v.optional(size),
  allowEncodedSlash: v.optional(v.boolean()),
  priority: v.optional(v.union([v.picklist(priorities), prioritySchema])),
  rateLimit: v.optional(rateLimitSchema),
  retry: v.optional(v.boolean()),
  idempotencyKey: v.optional(v.boolean()),
}) satisfies v.GenericSchema<RouteConfig>;

const limitsSchema = strict({
  head: v.optional(size),
  fields: v.optional(v.number()),
  target: v.optional(size),
  requestsPerConnection: v.optional(v.number()),
  connectionAge: v.optional(duration),
  replayBody: v.optional(size),
  bodyPerSecond: v.optional(size),
  workerHead: v.optional(size),
  workerFields: v.optional(v.number()),
  connections: v.optional(v.number()),
  connectionsPerAddress: v.optional(v.number()),
}) satisfies v.GenericSchema<LimitsConfig>;

const timeoutsSchema = strict({
  head: v.optional(duration),
  handshake: v.optional(duration),
  idleClient: v.optional(duration),
  stalledClient: v.optional(duration),
  connect: v.optional(duration),
  idleWorker: v.optional(duration),
  noWorkerWait: v.optional(duration),
}) satisfies v.GenericSchema<TimeoutsConfig>;

const retryBudgetSchema = strict({
  ratio: v.optional(v.number()),
  reserve: v.optional(v.number()),
  perSecond: v.optional(v.number()),
}) satisfies v.GenericSchema<RetryBudgetConfig>;

const accessLogSchema = strict({
  to: v.optional(v.string()),
  sample: v.optional(v.number()),
  headers: v.optional(texts),
}) satisfies v.GenericSchema<AccessLogConfig>;

const requestsSchema = strict({
  slow: v.optional(duration),
  samples: v.optional(v.number()),
  keep: v.optional(v.number()),
  redact: v.optional(texts),
}) satisfies v.GenericSchema<RequestsConfig>;

const tracesSchema = strict({
  endpoint: v.string(),
  headersFile: v.optional(v.string()),
  ca: v.optional(v.string()),
  share: v.optional(v.number()),
  follow: v.optional(v.picklist(["anyone", "trusted"])),
  service: v.optional(v.string()),
  attributes: v.optional(v.record(v.string(), v.string())),
  queue: v.optional(v.number()),
  batch: v.optional(v.number()),
  every: v.optional(duration),
  timeout: v.optional(duration),
}) satisfies v.GenericSchema<TracesConfig>;

const registrationSchema = strict({
  allow: v.optional(texts),
  workers: v.optional(v.number()),
  metadata: v.optional(size),
}) satisfies v.GenericSchema<RegistrationConfig>;

const etcdSchema = strict({
  etcd: texts,
  prefix: v.optional(v.string()),
  user: v.optional(v.string()),
  passwordFile: v.optional(v.string()),
  tls: v.optional(
    v.union([
      v.literal(true),
      strict({
        ca: v.optional(v.string()),
        cert: v.optional(v.string()),
        key: v.optional(v.string()),
      }) satisfies v.GenericSchema<EtcdTlsConfig>,
    ]),
  ),
}) satisfies v.GenericSchema<EtcdConfig>;

export const configSchema = strict({
  $schema: v.optional(v.string()),
  listen: v.optional(
    v.union([
      v.string(),
      v.number(),
      v.array(v.union([v.number(), v.string(), listenerSchema])),
      listenerSchema,
    ]),
  ),
  tls: v.optional(tlsOrList),
  control: v.optional(textOrNumber),
  role: v.optional(v.picklist(["gateway", "proxy"])),
  join: v.optional(v.union([v.string(), v.array(v.string())])),
  insecurePlainControl: v.optional(v.boolean()),
  state: v.optional(v.string()),
  proxies: v.optional(v.number()),
  controllers: v.optional(v.number()),
  store: v.optional(v.union([v.string(), etcdSchema])),
  services: v.optional(v.record(v.string(), v.union([v.array(workerSchema), serviceSchema]))),
  routes: v.optional(
    v.record(v.string(), v.union([v.string(), v.array(v.union([v.string(), routeSchema])), routeSchema])),
  ),
  trustedProxies: v.optional(texts),
  limits: v.optional(limitsSchema),
  timeouts: v.optional(timeoutsSchema),
  retryBudget: v.optional(retryBudgetSchema),
  accessLog: v.optional(v.union([v.boolean(), v.string(), accessLogSchema])),
  requests: v.optional(requestsSchema),
  traces: v.optional(v.union([v.literal(false), tracesSchema])),
  errorPages: v.optional(v.boolean()),
  registration: v.optional(registrationSchema),
}) satisfies v.GenericSchema<SkeinConfig>;

/** An object that has only these keys; for another one the nearest known one is named. */
function strict<const Entries extends v.ObjectEntries>(
  entries: Entries,
): v.StrictObjectSchema<Entries, (issue: v.StrictObjectIssue) => string> {
  return v.strictObject(entries, (issue) => {
    const key = issue.path?.at(-1)?.key;
    if (issue.expected === "Object" || typeof key !== "string") {
      return `${issue.received} is not possible here; write an object`;
    }
    if (issue.expected !== "never") return `the key "${key}" is missing`;
    const near = nearest(key, Object.keys(entries));
    const known =
      near === undefined ? `known are ${Object.keys(entries).join(", ")}` : `did you mean "${near}"?`;
    return `the key "${key}" is unknown; ${known}`;
  });
}
