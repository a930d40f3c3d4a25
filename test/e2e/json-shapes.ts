/** What the verbs print with `--json`, by names and kinds: what a program that reads it may rely on. */

/** Of a value: names and kinds, down to the first of each list. */
export function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
}

const worker = {
  id: "string",
  service: "string",
  address: "string",
  state: "string",
  generation: "number",
  origin: "string",
  session: "boolean",
  weight: "number",
  weightSet: "null",
  desired: "string",
  ttlMs: "number",
  heardMsAgo: "null",
  stateForMs: "number",
  tags: [],
  metadata: {},
  load: {},
};
const service = {
  name: "string",
  configured: "boolean",
  policy: "string",
  check: { kind: "string" },
  workers: {
    total: "number",
    live: "number",
    suspect: "number",
    draining: "number",
    left: "number",
    dead: "number",
  },
  preserving: "boolean",
};
const route = {
  name: "string",
  match: {
    hosts: [],
    path: { kind: "string", path: "string" },
    methods: [],
    headers: [],
    query: [],
  },
  to: [{ service: "string", weight: "number" }],
  headTimeoutMs: "number",
  upgrades: [],
  allowEncodedSlash: "boolean",
  retry: "boolean",
};
const controller = {
  name: "string",
  instance: "string",
  url: "string",
  role: "string",
  term: "number",
  self: "boolean",
};
export const event = {
  v: "number",
  id: "number",
  at: "string",
  term: "number",
  kind: "string",
  message: "string",
};
const considered = { name: "string", verdict: "string", reasons: [] };
const child = {
  role: "string",
  name: "string",
  pid: "number",
  state: "string",
  leader: "boolean",
  restarts: "number",
};
/** One that its route refused: no service, no try, no worker. */
const request = {
  id: "string",
  proxy: "string",
  at: "string",
  kept: "string",
  client: "string",
  method: "string",
  host: "string",
  path: "string",
  query: "string",
  status: "number",
  code: "string",
  end: "string",
  route: "string",
  queuedMs: "number",
  headMs: "number",
  tookMs: "number",
  bytesIn: "number",
  bytesOut: "number",
  tries: [],
  limits: {
    "timeouts.head": "number",
    "timeouts.stalledClient": "number",
    "timeouts.connect": "number",
    "timeouts.noWorkerWait": "number",
    "limits.head": "number",
    "limits.target": "number",
    "limits.fields": "number",
    "limits.workerHead": "number",
    "limits.workerFields": "number",
    "route.timeout": "number",
  },
  routes: [considered],
  why: { cause: "string", what: "string", rule: "string", todo: "string" },
};
const token = {
  id: "string",
  scope: "string",
  services: [],
  createdAt: "string",
  expiresAt: "null",
  secrets: "number",
};
const value = { key: "string", value: "string", from: "string" };
const status = {
  v: "number",
  supervisor: { pid: "number", startedAt: "string", version: "string" },
  children: [child],
  listen: ["string"],
  urls: ["string"],
  control: "string",
  state: "string",
  configuration: {
    file: "string",
    digest: "string",
    error: "null",
    warnings: [],
    force: { kind: "string" },
  },
  certificates: [],
  roll: { old: "number", draining: "number", failed: "null" },
  stopping: "boolean",
};

export interface Shape {
  args: string[];
  expected: Record<string, unknown>;
}

/** `workerId`: of a static worker of the service `web`; `requestId`: of a request that was refused. */
export function jsonShapes(workerId: string, requestId: string): Shape[] {
  const v = "number";
  const found = { service: "string", id: "string", address: "string", mayGetIt: "boolean", state: "string" };
  const past = { service: "string", id: "string", state: "string", address: "string", since: "string" };
  const described = { service, workers: [worker], routes: ["string"], events: [] };
  const evaluated = { ok: "boolean", file: "string", configuration: {}, origins: {}, values: [value] };
  return [
    { args: ["ps"], expected: { v, workers: [worker] } },
    {
      args: ["ps", "--at", "now"],
      expected: { v, at: "string", leader: "string", workers: [{ ...past, reason: "string" }] },
    },
    { args: ["services"], expected: { v, services: [service] } },
    { args: ["routes"], expected: { v, revision: "number", routes: [route] } },
    {
      args: ["leader"],
      expected: { v, term: "number", leader: "string", controllers: [controller] },
    },
    { args: ["store", "status"], expected: { v, place: "string", condition: "string", what: "null" } },
    { args: ["describe", workerId], expected: { v, kind: "string", worker, events: [] } },
    { args: ["describe", "web"], expected: { v, kind: "string", ...described } },
    { args: ["describe", "/"], expected: { v, kind: "string", route, services: [service] } },
    { args: ["status"], expected: status },
    { args: ["token", "list"], expected: { v, tokens: [token] } },
    {
      args: ["route", "test", "/"],
      expected: { v, route: "string", to: [{ service: "string" }], routes: [considered], workers: [found] },
    },
    {
      args: ["requests"],
      expected: { v, requests: [request], asked: { proxies: ["string"], silent: [] } },
    },
    { args: ["why", requestId], expected: { v, request } },
    { args: ["config", "show"], expected: { v, file: "string", inForce: "boolean", values: [value] } },
    { args: ["config", "check"], expected: { v, ...evaluated, warnings: [] } },
    { args: ["config", "print"], expected: { v, ...evaluated, warnings: [] } },
  ];
}

/** What depends on the moment, or is the configuration itself, is there, and its inside is not looked at. */
export function withoutInside(told: Record<string, unknown>): Record<string, unknown> {
  const emptied = { ...told };
  if (Array.isArray(told["events"])) emptied["events"] = [];
  for (const name of ["configuration", "origins"] as const)
    if ("ok" in told && name in told) emptied[name] = {};
  return emptied;
}
