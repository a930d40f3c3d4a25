import type { WorkerReply, WorkersReply, WorkerView } from "../protocol/discovery.ts";
import { SkeinError } from "../protocol/error.ts";
import type { HeartbeatReply } from "../protocol/heartbeat.ts";
import type { AddressRules } from "./address-rules.ts";
import { guardJoin, type JoinFacts, printable } from "./guard.ts";
import type { ControlPorts } from "./ports.ts";
import { ProblemMembers } from "./problem-answer.ts";
import type { RateLimit } from "./rate-limit.ts";
import { loadOf, requestOf } from "./registration.ts";
import { type Call, type Reply, route, type RouteDefinition } from "./routes.ts";
import { heartbeatSchema, weightSchema } from "./schema.ts";

const which = { service: "Which service, when workers of several have this id" };
const found = { 200: "done", 404: "no such worker", 409: "several workers have this id" };

export function workerRoutes(ports: ControlPorts, rules: AddressRules, rate: RateLimit): RouteDefinition[] {
  return [heartbeatRoute(ports, rules, rate), ...readRoutes(ports), ...writeRoutes(ports)];
}

function heartbeatRoute(ports: ControlPorts, rules: AddressRules, rate: RateLimit): RouteDefinition {
  return route({
    method: "POST",
    path: "/v1/heartbeat",
    summary: "Says that a worker lives; the first one registers it",
    access: "worker",
    body: { schema: heartbeatSchema, bytesMax: 16 * 1024 },
    replies: { 200: "registered or renewed", 409: "a newer life has joined", 429: "too many" },
    async handle({ body, caller, grant }) {
      const name = `${body.service}/${body.id ?? body.address}`;
      const settings = ports.registration();
      checkMetadata(body.metadata ?? {}, settings.metadataBytesMax);
      const address = await rules.allowed(body.address, name, caller, settings);
      const id = body.id ?? address;
      guardJoin(grant, body.service, joinFacts(ports, { service: body.service, id }));
      // Only now: who may not speak for this worker must not use up its share.
      rate.take(name);
      const accepted = ports.heartbeat(requestOf({ ...body, id }, address), loadOf(body.load));
      const json: HeartbeatReply = { v: 1, ...accepted, controllers: ports.controllerUrls() };
      return { json };
    },
  });
}

export function joinFacts(ports: ControlPorts, worker: { service: string; id: string }): JoinFacts {
  const { service, id } = worker;
  return {
    known: () => ports.find(id, service).some(({ state }) => state !== "left" && state !== "dead"),
    hasRoom: (token) => ports.takeShare(token, worker),
  };
}

export function checkMetadata(metadata: Record<string, string>, bytesMax: number): void {
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  if (bytes <= bytesMax) return;
  throw new SkeinError("invalid", `metadata: has ${bytes} bytes as JSON, at most ${bytesMax} are allowed.`);
}

function readRoutes(ports: ControlPorts): RouteDefinition[] {
  return [
    {
      method: "GET",
      path: "/v1/workers",
      summary: "Every worker, and how it is",
      access: "read",
      query: {
        service: "Only this service",
        state: "Only this state",
        watch: "1, with a service: a stream of NDJSON for clients: its workers, then their changes",
      },
      replies: { 200: "the workers" },
      handle({ query }) {
        const service = query.get("service");
        const state = query.get("state");
        const workers = ports
          .workers()
          .filter(
            (one) => (service === null || one.service === service) && (state === null || one.state === state),
          )
          .sort(byServiceAndId);
        const json: WorkersReply = { v: 1, workers };
        return { json };
      },
    },
    {
      method: "GET",
      path: "/v1/workers/{id}",
      summary: "One worker",
      access: "read",
      query: which,
      replies: found,
      handle(call) {
        const json: WorkerReply = { v: 1, worker: one(ports, call) };
        return { json };
      },
    },
  ];
}

function writeRoutes(ports: ControlPorts): RouteDefinition[] {
  const drain = (verb: "drain" | "undrain"): RouteDefinition => ({
    method: "POST",
    path: `/v1/workers/{id}/${verb}`,
    summary: verb === "drain" ? "Gives the worker no new requests" : "Gives the worker requests again",
    access: "operator",
    query: which,
    replies: { ...found, 503: "no leader" },
    handle(call) {
      if (verb === "drain") mustBeHere(one(ports, call), "drained");
      return change(ports, call, (service, id) => ports.drain(service, id, verb === "drain"));
    },
  });
  const weigh = route({
    method: "POST",
    path: "/v1/workers/{id}/weight",
    summary: "Sets the worker's weight; null gives it back its own",
    access: "operator",
    query: which,
    body: { schema: weightSchema, bytesMax: 1024 },
    replies: { ...found, 503: "no leader" },
    handle(call) {
      const { weight } = call.body;
      if (weight !== null) mustBeHere(one(ports, call), "weighted");
      return change(ports, call, (service, id) => ports.weigh(service, id, weight));
    },
  });
  const leave: RouteDefinition = {
    method: "DELETE",
    path: "/v1/workers/{id}",
    summary: "Takes the worker out of the registry, as if it had left",
    access: "operator",
    query: which,
    replies: { ...found, 503: "no leader" },
    handle: (call) => change(ports, call, (service, id) => ports.remove(service, id)),
  };
  return [drain("drain"), drain("undrain"), weigh, leave];
}

/** What is taken back may be of one that has left: its next life is not to have it. */
function mustBeHere({ service, id, state, stateForMs, reason }: WorkerView, done: string): void {
  if (state !== "left") return;
  const ago = `${Math.round(stateForMs / 1_000)} s ago`;
  const why = reason === undefined ? "" : ` (${reason})`;
  throw new SkeinError(
    "invalid",
    `${service}/${id} left ${ago}${why}: it gets no request, and cannot be ${done}. \`skein ps -s ${service}\` shows who is here; when it has joined again, say it again.`,
  );
}

async function change(
  ports: ControlPorts,
  call: Call,
  apply: (service: string, id: string) => Promise<void>,
): Promise<Reply> {
  const { service, id } = one(ports, call);
  await apply(service, id);
  const after = ports.find(id, service)[0];
  const json = after === undefined ? { v: 1 } : { v: 1, worker: after };
  return { json };
}

/** The one worker that a path means. */
function one(ports: ControlPorts, call: Call): WorkerView {
  const id = call.params["id"] ?? "";
  const service = call.query.get("service") ?? undefined;
  const candidates = ports.find(id, service);
  const [first] = candidates;
  const name = service === undefined ? printable(id) : `${printable(service)}/${printable(id)}`;
  if (first === undefined)
    throw new SkeinError(
      "workerUnknown",
      `No worker "${name}" is registered. Those that are: skein ps, GET /v1/workers.`,
    );
  if (candidates.length === 1) return first;
  const services = candidates.map((candidate) => candidate.service).sort();
  throw new SkeinError(
    "workerAmbiguous",
    `Workers of ${services.join(", ")} have the id "${name}": say which with ?service=`,
    { cause: new ProblemMembers({ candidates: services.map((name) => ({ service: name, id })) }) },
  );
}

function byServiceAndId(one: WorkerView, other: WorkerView): number {
  if (one.service !== other.service) return one.service < other.service ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}
