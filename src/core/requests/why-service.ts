import type { Cause } from "./cause.ts";
import type { RequestRecord, RouteConsidered, WorkerConsidered } from "./record.ts";
import { loadTexts, roomAdvice } from "./room-words.ts";
import { aimText, capital, duration, limit, newcomer, noWorkerRule, shellWord, type Words } from "./words.ts";

/** Causes between the route and the choice of a worker. */
export function explainService(cause: Cause, record: RequestRecord): Words | undefined {
  const service = record.service ?? "?";
  const aim = aimText(record);
  const waited = noWorkerRule(record);
  const full = `${limit(record, "queue.max", "number")}, ${limit(record, "queue.wait")}`;
  switch (cause) {
    case "no-route":
      return noRoute(record);
    case "not-ready":
      return {
        what: "This proxy had no routing table yet: no controller had told it one since it started.",
        rule: "Until the first table has come, every request is answered 503 not-ready.",
        todo: "See whether controllers answer: `skein leader`, `skein status`.",
      };
    case "too-many-connections":
      return {
        what: `The client ${record.client} was refused: this proxy had as many connections as it may.`,
        rule: "A connection over limits.connections is answered 503 and closed before anything of it is read.",
        todo: "Raise limits.connections or start more proxies; a client that opens one connection after the other is seen in `skein requests --code too-many-connections`.",
      };
    case "no-worker":
      return noWorker(record);
    case "workers-draining":
      return {
        what: `Every worker of '${aim}' is draining: ${states(record)}.`,
        rule: `A draining worker gets no new request. ${waited}`,
        todo: `\`skein undrain <id>\` brings one back; in a deployment, start the new workers before the old ones drain.`,
      };
    case "workers-weightless":
      return weightless(record);
    case "workers-out":
      return {
        what: `No worker of '${aim}' could be chosen: ${states(record)}.`,
        rule: `A worker is out by hard evidence (refused, reset), or while its first check has not passed. ${waited}`,
        todo: `\`skein ps -s ${service}\` and \`skein events\` say why each is out; look at the workers' logs.`,
      };
    case "workers-tried":
      return {
        what: `Every worker of '${aim}' was tried in vain, and none came back in time: ${states(record)}.`,
        rule: `Each worker gets a request once. ${waited}`,
        todo: `\`skein ps -s ${service}\` and \`skein events\` say how the workers are; look at their logs.`,
      };
    case "queue-full":
      return {
        what: `Every worker of '${aim}' had as many requests as it takes, and the queue was full: ${states(record)}.`,
        rule: `A request that finds all workers full waits in the queue of its service (${full}); one that finds the queue full too is refused at once.`,
        todo: capital(roomAdvice(record, "queue.max")),
      };
    case "queue-timeout":
      return explainQueueTimeout(record, aim, full);
    default:
      return explainShedding(cause, record);
  }
}

function noWorker(record: RequestRecord): Words {
  const { service, subset, route } = record;
  const [what, otherwise] =
    subset === undefined
      ? [`The service '${service}' has no worker`, `name the right service in route '${route}'`]
      : [
          `The service '${service}' has no worker of subset '${subset}', nor of one that stands in for it`,
          "say in its `otherwise` who stands in",
        ];
  return {
    what: `${what}.`,
    rule: noWorkerRule(record),
    todo: `Start ${newcomer(record)}, or ${otherwise}.`,
  };
}

function weightless(record: RequestRecord): Words {
  const drains = (record.workers?.draining ?? 0) > 0;
  return {
    what: `Every worker of '${aimText(record)}' has weight 0${drains ? ", or is draining" : ""}: ${states(record)}.`,
    rule: `A worker of weight 0 gets no request${drains ? ", nor does one that drains" : ""}. ${noWorkerRule(record)}`,
    todo: `\`skein weight <id> reset\` gives one its own weight again${drains ? ", `skein undrain <id>` brings one back" : ""}.`,
  };
}

/** By whoever's time was over first: the queue's, or the route's. */
function explainQueueTimeout(record: RequestRecord, aim: string, full: string): Words {
  const { route } = record;
  const rule = `A request that finds all workers full waits in the queue of its service (${full})`;
  if (isRoutesTimeOver(record))
    return {
      what: `Every worker of '${aim}' stayed full until the time of route '${route}' was over: ${states(record)}.`,
      rule: `${rule}, at most for its route's timeout (${limit(record, "route.timeout")}), then it is refused.`,
      todo: capital(roomAdvice(record, `timeout of route '${route}'`)),
    };
  return {
    what: `Every worker of '${aim}' stayed full for as long as a request waits in the queue: ${states(record)}.`,
    rule: `${rule}, then it is refused.`,
    todo: capital(roomAdvice(record, "queue.wait")),
  };
}

function isRoutesTimeOver({ limits = {}, tookMs, queuedMs }: RequestRecord): boolean {
  const { "route.timeout": routeMs = Infinity, "queue.wait": waitMs = 0 } = limits;
  return tookMs >= routeMs && queuedMs < waitMs;
}

/** Refused although a worker might have served it: others went first, or nobody waited any more. */
function explainShedding(cause: Cause, record: RequestRecord): Words | undefined {
  const { service, queuedMs } = record;
  const aim = aimText(record);
  switch (cause) {
    case "displaced":
      return {
        what: `Every worker of '${aim}' was full, and a request that goes first took the place of this one in the queue after ${duration(queuedMs)}.`,
        rule: "Where the queue is full, a request of a lower class, or of whoever has most in it, gives way.",
        todo: `Start more workers of '${service}', raise queue.max, or look who fills the queue (\`skein requests -s ${service}\`).`,
      };
    case "rate-limited":
      return rateLimited(record);
    case "deadline-passed":
      return {
        what: `The time that the client gave was over ${duration(record.tookMs)} after the request came, ${whileWaiting(record)}.`,
        rule: "What nobody waits for any more is sent to no worker.",
        todo: "Give more time at the client, or find what took it: the tries and the time in the queue are below.",
      };
    default:
      return undefined;
  }
}

function rateLimited({ client, route, detail: key = "address" }: RequestRecord): Words {
  const asked =
    key === "address"
      ? `The client ${client} asked`
      : `Requests with the same ${key} as this one of ${client} came`;
  const without = key.includes(":") ? " Those without it count together." : "";
  return {
    what: `${asked} more often than route '${route}' allows.`,
    rule: `A request over the route's rate is answered 429 at once, with the time after which the next one is taken.${without}`,
    todo: "The client should wait as Retry-After says; a limit that is too low is raised in the route.",
  };
}

function whileWaiting({ service, tries }: RequestRecord): string {
  const lost = tries.findLast(({ sentMs }) => sentMs !== undefined);
  if (lost === undefined) return "before a worker had it";
  return `while it waited for another worker than ${service}/${lost.worker}, which had had it (${lost.outcome})`;
}

function noRoute({ method, host, path, routes = [] }: RequestRecord): Words {
  const nearest = routes.map(({ name, reasons }: RouteConsidered) => `${name} (${reasons.join("; ")})`);
  return {
    what: `No route takes ${method} ${host}${path}.${nearest.length === 0 ? "" : ` Nearest: ${nearest.slice(0, 2).join(", ")}.`}`,
    rule: "Routes are looked at by host, path and conditions, the most specific first; what none takes is answered 404 no-route.",
    todo: `Add a route, or correct the client's address. \`skein route test ${shellWord(method)} ${shellWord(path)} --host ${shellWord(host)}\` shows every route and why it does not fit.`,
  };
}

/** Of the workers that are shown. */
function states({ workers }: RequestRecord): string {
  if (workers === undefined || (workers.shown.length === 0 && workers.workers > 0))
    return "too many requests failed at once to look at each worker";
  const named = workers.shown.map(stateOf);
  const more = workers.workers - named.length;
  if (more > 0) named.push(`${more} more`);
  return named.length === 0 ? "there is none" : named.join(", ");
}

function stateOf(considered: WorkerConsidered): string {
  const { worker, state, seen, weight } = considered;
  const parts = [state];
  if (seen !== "ok") parts.push(`this proxy saw: ${seen}`);
  if (weight <= 0) parts.push("weight 0");
  parts.push(...loadTexts(considered));
  return `${worker} (${parts.join(", ")})`;
}
