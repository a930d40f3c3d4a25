import type { Route } from "../protocol/configuration.ts";
import type { ServiceView, WorkerView } from "../protocol/discovery.ts";
import type { ClusterEvent } from "../protocol/events.ts";
import { conditionText, targetText } from "../protocol/route-text.ts";
import { shortTime } from "./short-time.ts";
import { table } from "./table.ts";
import { printable, type Terminal } from "./terminal.ts";
import { stateAge, stateColour, stateText } from "./worker-state.ts";

/** What `skein describe --json` prints. */
export type Description =
  | { v: 1; kind: "worker"; worker: WorkerView; events: ClusterEvent[] }
  | {
      v: 1;
      kind: "service";
      service: ServiceView;
      workers: WorkerView[];
      /** By name: those that send requests to it. */
      routes: string[];
      events: ClusterEvent[];
    }
  | { v: 1; kind: "route"; route: Route; services: ServiceView[] };

const eventsShown = 10;

type Paint = Terminal["paint"];

export function described(description: Description, terminal: Terminal): string[] {
  const { columns } = terminal;
  const paint: Paint = (colour, text) => terminal.paint(colour, text);
  switch (description.kind) {
    case "worker":
      return [...workerLines(description.worker, paint), ...eventLines(description.events)];
    case "service":
      return [...serviceLines(description, columns, paint), ...eventLines(description.events)];
    case "route":
      return routeLines(description.route, description.services, paint);
  }
}

function workerLines(worker: WorkerView, paint: Paint): string[] {
  const { load, metadata } = worker;
  const since = `for ${stateAge(worker)}`;
  const why = worker.reason === undefined ? "" : `; ${worker.reason}`;
  const heard = worker.heardMsAgo === null ? "it is in the configuration" : `${worker.heardMsAgo} ms ago`;
  return facts([
    ["worker", `${worker.service}/${worker.id}`],
    ["state", `${stateText(worker)} ${since}${why}`, (text) => paint(stateColour(worker), text)],
    ["wanted", worker.desired === "drain" ? "an operator drains it" : "it serves"],
    ["address", worker.address],
    [
      "requests at",
      worker.requestsAt === undefined ? undefined : `${worker.requestsAt}, the port of its link`,
    ],
    ["came by", worker.origin === "configured" ? "configuration" : worker.origin],
    ["last heard", heard],
    // Who is in the configuration needs none.
    ["lease", worker.origin === "configured" ? undefined : `${worker.ttlMs / 1_000} s`],
    ["life", `${worker.generation}`],
    ["weight", `${worker.weight}${(worker.weightSet ?? null) === null ? "" : ", set by an operator"}`],
    ["version", worker.version],
    ["zone", worker.zone],
    ["in flight", load.inFlight?.toString()],
    ["loop delay", load.eventLoopDelayP99Ms === undefined ? undefined : `p99 ${load.eventLoopDelayP99Ms} ms`],
    ["loop busy", load.eventLoopUtilization === undefined ? undefined : percent(load.eventLoopUtilization)],
    [
      "memory",
      load.memoryBytes === undefined ? undefined : `${Math.round(load.memoryBytes / 1_048_576)} MiB`,
    ],
    ["tags", worker.tags.length === 0 ? undefined : worker.tags.join(", ")],
    ...Object.entries(metadata).map(([key, value]): Fact => ["metadata", `${key}: ${value}`]),
  ]);
}

function serviceLines(
  { service, workers, routes }: Description & { kind: "service" },
  columns: number,
  paint: Paint,
): string[] {
  const { live, total } = service.workers;
  const { check } = service;
  const lines = facts([
    ["service", service.name],
    ["workers", `${live} of ${total} live`, (text) => paint(live > 0 ? "green" : "red", text)],
    ["silence", service.preserving ? "takes nobody out: too many fell silent at once" : undefined],
    ["configured", service.configured ? "yes" : "no: its workers joined by themselves"],
    ["policy", service.policy],
    ["check", check.kind === "http" ? `http ${check.path}` : check.kind],
    ["routes", routes.length === 0 ? "none leads here" : routes.join(", ")],
  ]);
  if (workers.length === 0) return lines;
  const rows = table(
    [
      { title: "ID", shrinks: true, text: (worker: WorkerView) => printable(worker.id) },
      {
        title: "STATE",
        text: (worker) => stateText(worker),
        paint: (worker, text) => paint(stateColour(worker), text),
      },
      { title: "FOR", align: "right", text: (worker) => stateAge(worker) },
      { title: "WHY", shrinks: true, text: (worker) => printable(worker.reason ?? "") },
    ],
    workers,
    columns,
  );
  return [...lines, "", ...rows];
}

function routeLines(route: Route, services: readonly ServiceView[], paint: Paint): string[] {
  const { rewrite, match } = route;
  return facts([
    ["route", route.name],
    ["hosts", match.hosts.length === 0 ? "any" : match.hosts.join(", ")],
    ["only if", conditionText(route) || undefined],
    ["to", targetText(route)],
    ["rewrite", rewrite === undefined ? undefined : `${rewrite.prefix} becomes ${rewrite.with}`],
    ["answer within", `${route.headTimeoutMs} ms`],
    ["repeats", route.retry ? "what may be repeated" : "nothing"],
    ...services.map(({ name, workers: { live, total } }): Fact => [
      "workers",
      `${name}: ${live} of ${total} live`,
      (text) => paint(live > 0 ? "green" : "red", text),
    ]),
  ]);
}

function eventLines(events: readonly ClusterEvent[]): string[] {
  if (events.length === 0) return [];
  const last = events.slice(-eventsShown);
  return ["", ...last.map(({ at, message }) => `${shortTime(at)}  ${printable(message)}`)];
}

type Fact = [name: string, value: string | undefined, paint?: (text: string) => string];

function facts(list: readonly Fact[]): string[] {
  return list.flatMap(([name, value, paint]) => {
    if (value === undefined) return [];
    const text = printable(value);
    return [`${name.padEnd(13)}  ${paint?.(text) ?? text}`];
  });
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
