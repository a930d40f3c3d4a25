import type {
  EventsReply,
  RoutesReply,
  ServicesReply,
  ServiceView,
  WorkersReply,
  WorkerView,
} from "../../protocol/discovery.ts";
import type { Route } from "../../protocol/configuration.ts";
import type { ClusterEvent } from "../../protocol/events.ts";
import { ControlClient } from "../control-client.ts";
import type { ControlOptions } from "../find-control.ts";
import { type Description, described } from "../description.ts";
import { exitCode, Failure } from "../failure.ts";
import type { Terminal } from "../terminal.ts";

export interface DescribeOptions extends ControlOptions {
  kind?: string;
  service?: string;
  json?: boolean;
}

const kinds = ["worker", "service", "route"] as const;
const eventsRead = 1_000;

/** Everything that is known of one worker, service or route. Exit code 1: there is none of that name. */
export async function describe(name: string, options: DescribeOptions, terminal: Terminal): Promise<number> {
  const { kind } = options;
  if (kind !== undefined && !kinds.some((one) => one === kind)) {
    throw new Failure(`--kind: "${kind}" is none; write ${kinds.join(", ")}`, exitCode.usage);
  }
  const client = new ControlClient(options);
  const [{ workers }, { services }, { routes }, { events }] = await Promise.all([
    client.get<WorkersReply>("/v1/workers"),
    client.get<ServicesReply>("/v1/services"),
    client.get<RoutesReply>("/v1/routes"),
    client.get<EventsReply>(`/v1/events?limit=${eventsRead}`),
  ]);
  const all = descriptions(name, { workers, services, routes, events });
  const found = all.filter(
    (one) =>
      (kind === undefined || one.kind === kind) &&
      (options.service === undefined || (one.kind === "worker" && one.worker.service === options.service)),
  );
  const only = theOnly(name, found);
  if (options.json === true) terminal.out(JSON.stringify(only, null, 2));
  else for (const line of described(only, terminal)) terminal.out(line);
  return exitCode.ok;
}

interface Known {
  workers: readonly WorkerView[];
  services: readonly ServiceView[];
  routes: readonly Route[];
  events: readonly ClusterEvent[];
}

/** Whatever has this name. */
export function descriptions(name: string, { workers, services, routes, events }: Known): Description[] {
  return [
    ...workers
      .filter(({ id }) => id === name)
      .map((worker): Description => {
        const its = events.filter((one) => one.service === worker.service && one.worker === worker.id);
        return { v: 1, kind: "worker", worker, events: its };
      }),
    ...services
      .filter((service) => service.name === name)
      .map((service): Description => ({
        v: 1,
        kind: "service",
        service,
        workers: workers.filter((one) => one.service === name),
        routes: routes.filter(({ to }) => to.some((one) => one.service === name)).map((one) => one.name),
        events: events.filter((one) => one.service === name),
      })),
    ...routes
      .filter((route) => route.name === name)
      .map((route): Description => ({
        v: 1,
        kind: "route",
        route,
        services: services.filter((one) => route.to.some(({ service }) => service === one.name)),
      })),
  ];
}

function theOnly(name: string, found: readonly Description[]): Description {
  const [only, ...more] = found;
  if (only === undefined) {
    throw new Failure(
      `there is no worker, service or route "${name}"; see skein ps, skein services, skein routes`,
    );
  }
  if (more.length === 0) return only;
  const list = found.map((one) =>
    one.kind === "worker" ? `a worker of ${one.worker.service}` : `a ${one.kind}`,
  );
  const detail = `"${name}" is ${list.join(" and ")}; say which: --kind <kind>, or --service <name> for a worker`;
  throw new Failure(detail, exitCode.usage);
}
