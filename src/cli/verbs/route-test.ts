import { type Destination, destinationAlone, destinationsOf } from "../../core/routing/destinations.ts";
import { explainRoute, type RouteExplanation } from "../../core/routing/explain.ts";
import { rewritePath } from "../../core/routing/forwarding.ts";
import { hostOfAuthority, type RequestFacts } from "../../core/routing/route.ts";
import type { Route, Service } from "../../protocol/configuration.ts";
import type { RoutingTable, TableWorker } from "../../protocol/routing-table.ts";
import { evaluateInChild } from "../../supervisor/source.ts";
import { evaluationRequest } from "../configuration-flags.ts";
import { ControlClient } from "../control-client.ts";
import type { ControlOptions } from "../find-control.ts";
import { exitCode, Failure } from "../failure.ts";
import { printable, type Terminal } from "../terminal.ts";
import { serviceText, subsetText, targetText } from "../../protocol/route-text.ts";
import { typedTarget } from "../../protocol/typed-target.ts";

export interface RouteTestOptions extends ControlOptions {
  header?: string[];
  host?: string;
  /** Asks this file instead of a running gateway. */
  config?: string;
  json?: boolean;
}

/** What is known of the cluster; from a file alone, nothing of the workers. */
interface Known {
  routes: readonly Route[];
  services: Readonly<Record<string, Service>>;
  workers: readonly TableWorker[] | undefined;
}

interface WorkerVerdict {
  service: string;
  id: string;
  address: string;
  mayGetIt: boolean;
  state: string;
}

/** Which route and which workers a request would meet, and why not the others. Exit code 1: no route, or no worker. */
export async function routeTest(
  words: readonly string[],
  options: RouteTestOptions,
  terminal: Terminal,
): Promise<number> {
  const facts = requestFacts(words, options);
  const known = await findOut(options);
  const explanations = explainRoute(known.routes, facts);
  const chosen = explanations.find(({ verdict }) => verdict === "chosen")?.route;
  const to = chosen === undefined ? [] : destinationsOf(chosen, known.services, known.workers);
  const workers = chosen === undefined ? undefined : verdicts(to, known.workers);
  if (options.json === true) {
    const routes = explanations.map(({ route, ...rest }) => ({ name: route.name, ...rest }));
    const alone = to.map(destinationAlone);
    const reply = { v: 1, route: chosen?.name ?? null, to: alone, routes, workers: workers ?? null };
    terminal.out(JSON.stringify(reply, null, 2));
  } else {
    tell(explanations, facts, { to, workers }, terminal);
  }
  const served = workers === undefined || workers.some(({ mayGetIt }) => mayGetIt);
  return chosen !== undefined && served ? exitCode.ok : exitCode.failed;
}

async function findOut(options: RouteTestOptions): Promise<Known> {
  if (options.config === undefined) {
    const table = await new ControlClient(options).get<RoutingTable>("/v1/routing-table");
    return { routes: table.routes, services: table.services, workers: table.workers };
  }
  const evaluation = await evaluateInChild(evaluationRequest({ config: options.config }));
  if (evaluation.ok) return { ...evaluation.configuration.traffic, workers: undefined };
  const errors = evaluation.errors.map(({ where, key, message }) => [where, key, message].join(": "));
  throw new Failure(errors.join("\n"), exitCode.usage);
}

/** `GET /x`, `/x`, or a whole URL. */
function requestFacts(words: readonly string[], options: RouteTestOptions): RequestFacts {
  const [method = "GET", target = ""] = words.length === 1 ? ["GET", words[0]] : words;
  const typed = words.length > 2 ? undefined : typedTarget(target);
  if (typed === undefined) {
    const why = /^https?:/i.test(target)
      ? `"${target}" is no URL`
      : "write a method and a path, as in: skein route test GET /orders/7";
    throw new Failure(why, exitCode.usage);
  }
  const [path, query] = splitTarget(typed.target);
  const headers = new Map((options.header ?? []).map(readHeader));
  const authority = options.host ?? headers.get("host") ?? typed.authority ?? "localhost";
  return {
    method: method.toUpperCase(),
    host: hostOfAuthority(authority),
    path,
    query,
    header: (name) => headers.get(name),
  };
}

function splitTarget(target: string): [path: string, query: string] {
  const mark = target.indexOf("?");
  return mark === -1 ? [target, ""] : [target.slice(0, mark), target.slice(mark + 1)];
}

function readHeader(text: string): [string, string] {
  const colon = text.indexOf(":");
  if (colon > 0) return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()];
  throw new Failure(`"${text}" is no header; write "name: value"`, exitCode.usage);
}

/** Every worker of the services that the route names; of a subset's service, who may not get it is told as well. */
function verdicts(
  to: readonly Destination<TableWorker>[],
  workers: readonly TableWorker[] | undefined,
): WorkerVerdict[] | undefined {
  if (workers === undefined) return undefined;
  return [...new Set(to.map(({ service }) => service))].flatMap((service) => {
    const places = to.filter((destination) => destination.service === service);
    const chosen = new Set(places.flatMap((destination) => destination.workers ?? []));
    return workers
      .filter((worker) => worker.service === service)
      .map((worker) => ({
        service,
        id: worker.id,
        address: worker.address,
        mayGetIt: chosen.has(worker),
        state: chosen.has(worker) ? stateText(worker) : `${stateText(worker)}${reasonText(worker, places)}`,
      }));
  });
}

/** Well, and of weight, it is not among those that serve the subsets now. */
function reasonText({ state, weight }: TableWorker, places: readonly Destination[]): string {
  if (state.kind !== "live" || weight <= 0) return "";
  return `, not of ${places.map(serviceText).join(" or ")}`;
}

function stateText({ state, weight }: TableWorker): string {
  const text = state.kind === "suspect" ? `suspect: ${state.cause} (${state.strength})` : state.kind;
  return weight > 0 ? text : `${text}, weight 0`;
}

function tell(
  explanations: readonly RouteExplanation<Route>[],
  facts: RequestFacts,
  { to, workers }: { to: readonly Destination[]; workers: readonly WorkerVerdict[] | undefined },
  terminal: Terminal,
): void {
  const out = (text: string): void => terminal.out(printable(text));
  out(`${facts.method} ${facts.host}${facts.path}${facts.query === "" ? "" : `?${facts.query}`}`);
  for (const { route, verdict, reasons } of explanations) {
    if (verdict === "chosen")
      terminal.out(terminal.paint("green", printable(`  yes    ${route.name} -> ${targetText(route)}`)));
    else
      out(
        `  ${verdict === "later" ? "later" : "no   "}  ${route.name}${reasons.length > 0 ? `: ${reasons.join("; ")}` : ""}`,
      );
  }
  const chosen = explanations.find(({ verdict }) => verdict === "chosen")?.route;
  if (chosen === undefined) {
    terminal.note("no route matches: the answer is 404 no-route");
    return;
  }
  const path = rewritePath(chosen, facts.path);
  if (path !== facts.path) out(`forwarded as ${path}`);
  for (const text of to.flatMap((destination) => subsetText(destination) ?? [])) out(`  ${text}`);
  if (workers === undefined) return;
  for (const worker of workers) {
    const name = `${worker.service}/${worker.id}`;
    out(
      `  ${worker.mayGetIt ? "may   " : "not   "} ${name}${worker.id === worker.address ? "" : ` at ${worker.address}`}: ${worker.state}`,
    );
  }
  if (!workers.some(({ mayGetIt }) => mayGetIt))
    terminal.note("no worker may get it: the answer is 503 no-live-worker");
}
