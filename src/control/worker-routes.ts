import type { WorkerReply, WorkersReply, WorkerView } from "../protocol/discovery.ts";
import { SkeinError } from "../protocol/error.ts";
import type { HeartbeatReply } from "../protocol/heartbeat.ts";
import type { AddressRules, AskingWorker } from "./address-rules.ts";
import type { Caller } from "./caller.ts";
import { guardJoin, type JoinFacts, printable } from "./guard.ts";
import type { ControlPorts } from "./ports.ts";
import { ProblemMembers } from "./problem-answer.ts";
import type { RateLimit } from "./rate-limit.ts";
import { loadOf, requestOf } from "./registration.ts";
import { type Call, type Named, type Reply, route, type RouteDefinition } from "./routes.ts";
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
    replies: {
      200: "registered or renewed",
      409: "a newer life has joined, or it is registered elsewhere, or the name of its address leads elsewhere",
      429: "too many",
      503: "the name of its address cannot be looked up now, or it is not allowed as long as no configuration has come",
    },
    async handle({ body, caller, grant }) {
      const address = await allowedAddress(ports, rules, body, caller);
      const id = body.id ?? address;
      guardJoin(grant, body.service, joinFacts(ports, { service: body.service, id }));
      // Only now: who may not speak for this worker must not use up its share.
      rate.take(`${body.service}/${id}`);
      const accepted = ports.heartbeat(requestOf({ ...body, id }, address), loadOf(body.load));
      const json: HeartbeatReply = { v: 1, ...accepted, controllers: ports.controllerUrls() };
      return { json };
    },
  });
}

/** What a worker says of itself, as far as it is judged. */
interface Said {
  service: string;
  id?: string | undefined;
  address: string;
  metadata?: Record<string, string> | undefined;
  generation?: number | undefined;
  /** Of a hello. */
  instance?: string;
}

/** The address to register, where the worker may be registered with what it says. Rejects with SkeinError. */
export async function allowedAddress(
  ports: ControlPorts,
  rules: AddressRules,
  said: Said,
  caller: Caller,
): Promise<string> {
  const { service, id, address, metadata } = said;
  const known = (own: string): WorkerView | undefined => notGone(ports, service, id ?? own);
  const asking: AskingWorker = {
    name: nameOf(said),
    registeredAt: (own) => known(own)?.address,
    goesOnAt: (at) => goesOnAt(at, known(at), said),
  };
  const settings = ports.registration();
  try {
    checkMetadata(metadata ?? {}, settings.metadataBytesMax);
    return await rules.allowed(address, asking, caller, settings);
  } catch (error) {
    // What the configuration allows is not known before it has come: nobody is refused for good until then.
    const why = ports.notReady();
    throw why === undefined || !(error instanceof SkeinError)
      ? error
      : new SkeinError("notReady", why, { cause: error });
  }
}

/** A hello without a number begins a life. A heartbeat cannot tell: of one that is not well, another process may have the name now. */
function goesOnAt(address: string, known: WorkerView | undefined, { generation, instance }: Said): boolean {
  if (known?.address !== address) return false;
  if (generation !== undefined) return true;
  return instance === undefined && (known.state === "live" || known.state === "draining");
}

function nameOf({ service, id, address }: Said): string {
  return `${service}/${id ?? address}`;
}

function notGone(ports: ControlPorts, service: string, id: string): WorkerView | undefined {
  return ports.find(id, service).find(({ state }) => state !== "left" && state !== "dead");
}

export function joinFacts(ports: ControlPorts, worker: { service: string; id: string }): JoinFacts {
  const { service, id } = worker;
  return {
    known: () => notGone(ports, service, id) !== undefined,
    proven: () => false,
    hasRoom: (token) => ports.takeShare(token, worker),
  };
}

function checkMetadata(metadata: Record<string, string>, bytesMax: number): void {
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
      replies: { 200: "the workers", 400: "a stream of no service" },
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
  const drain = (verb: "drain" | "undrain"): RouteDefinition => {
    const on = verb === "drain";
    const whom = (call: Call): Named =>
      on ? present(one(ports, call), "drained") : oneOrForgotten(ports, call);
    return {
      method: "POST",
      path: `/v1/workers/{id}/${verb}`,
      summary: on ? "Gives the worker no new requests" : "Gives the worker requests again",
      access: "operator",
      query: which,
      replies: { ...found, 503: "no leader" },
      whom,
      handle: (call) =>
        change(ports, call.found ?? whom(call), (service, id) => ports.drain(service, id, on)),
    };
  };
  const weighed = (call: Call<{ weight: number | null }>): Named =>
    call.body.weight === null ? oneOrForgotten(ports, call) : present(one(ports, call), "weighted");
  const weigh = route({
    method: "POST",
    path: "/v1/workers/{id}/weight",
    summary: "Sets the worker's weight; null gives it back its own",
    access: "operator",
    query: which,
    body: { schema: weightSchema, bytesMax: 1024 },
    replies: { ...found, 503: "no leader" },
    whom: weighed,
    handle: (call) =>
      change(ports, call.found ?? weighed(call), (service, id) => ports.weigh(service, id, call.body.weight)),
  });
  const leave: RouteDefinition = {
    method: "DELETE",
    path: "/v1/workers/{id}",
    summary: "Takes the worker out of the registry, as if it had left",
    access: "operator",
    // Writes nothing to the store, and a worker at a loopback address is another one, or none, where the leader is.
    here: true,
    query: which,
    replies: found,
    handle: async (call) => change(ports, one(ports, call), (service, id) => ports.remove(service, id)),
  };
  return [drain("drain"), drain("undrain"), weigh, leave];
}

/** What is taken back may be of one that has left: its next life is not to have it. */
function present(worker: WorkerView, done: string): Named {
  const { service, id, state, stateForMs, reason } = worker;
  if (state !== "left") return worker;
  const ago = `${Math.round(stateForMs / 1_000)} s ago`;
  const why = reason === undefined ? "" : ` (${reason})`;
  throw new SkeinError(
    "invalid",
    `${service}/${id} left ${ago}${why}: it gets no request, and cannot be ${done}. \`skein ps -s ${service}\` shows who is here; when it has joined again, say it again.`,
  );
}

async function change(
  ports: ControlPorts,
  { service, id }: Named,
  apply: (service: string, id: string) => Promise<void>,
): Promise<Reply> {
  await apply(service, id);
  const after = ports.find(id, service)[0];
  const json = after === undefined ? { v: 1 } : { v: 1, worker: after };
  return { json };
}

/** The one worker that a path means. */
function one(ports: ControlPorts, call: Call): WorkerView {
  const { id, service } = namedIn(call);
  const candidates = ports.find(id, service);
  const [first] = candidates;
  if (first === undefined) throw unknown(ports, id, service);
  if (candidates.length > 1) throw ambiguous(candidates, id);
  return first;
}

/** Likewise, to take back what was set: also for one that is registered no longer, as its next life would have it again. */
function oneOrForgotten(ports: ControlPorts, call: Call): Named {
  const { id, service } = namedIn(call);
  const [forgotten, ...others] = ports.find(id, service).length > 0 ? [] : ports.overridden(id, service);
  if (forgotten === undefined) return one(ports, call);
  if (others.length > 0) throw ambiguous([forgotten, ...others], id);
  return forgotten;
}

function namedIn({ params, query }: Call): { id: string; service: string | undefined } {
  return { id: params["id"] ?? "", service: query.get("service") ?? undefined };
}

function unknown(ports: ControlPorts, id: string, service: string | undefined): SkeinError {
  const name = service === undefined ? printable(id) : `${printable(service)}/${printable(id)}`;
  const [kept] = ports.overridden(id, service);
  const next =
    kept === undefined
      ? ""
      : ` What an operator set for ${printable(kept.service)}/${printable(kept.id)} is kept for its next life: skein undrain, or ` +
        "skein weight with reset, takes it back.";
  return new SkeinError(
    "workerUnknown",
    `No worker "${name}" is registered. Those that are: skein ps, GET /v1/workers.${next}`,
  );
}

function ambiguous(candidates: readonly Named[], id: string): SkeinError {
  const services = candidates.map(({ service }) => service).sort();
  return new SkeinError(
    "workerAmbiguous",
    `Workers of ${services.join(", ")} have the id "${printable(id)}": say which with ?service=`,
    { cause: new ProblemMembers({ candidates: services.map((name) => ({ service: name, id })) }) },
  );
}

function byServiceAndId(one: WorkerView, other: WorkerView): number {
  if (one.service !== other.service) return one.service < other.service ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}
