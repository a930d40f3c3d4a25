import { eligible } from "../../core/health/eligible.ts";
import { newHealth } from "../../core/health/health.ts";
import { explainRoute, type RouteExplanation } from "../../core/routing/explain.ts";
import { rewritePath } from "../../core/routing/forwarding.ts";
import { hostOfAuthority, type RequestFacts } from "../../core/routing/route.ts";
import type { Route } from "../../protocol/configuration.ts";
import type { RoutingTable, TableWorker } from "../../protocol/routing-table.ts";
import { evaluateInChild } from "../../supervisor/source.ts";
import { evaluationRequest } from "../configuration-flags.ts";
import { ControlClient, type ControlOptions } from "../control-client.ts";
import { exitCode, Failure } from "../failure.ts";
import { printable, type Terminal } from "../terminal.ts";
import { targetText } from "../../protocol/route-text.ts";

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
  const workers = chosen === undefined ? undefined : verdicts(chosen, known.workers);
  if (options.json === true) {
    const routes = explanations.map(({ route, ...rest }) => ({ name: route.name, ...rest }));
    terminal.out(
      JSON.stringify({ v: 1, route: chosen?.name ?? null, routes, workers: workers ?? null }, null, 2),
    );
  } else {
    tell(explanations, facts, workers, terminal);
  }
  const served = workers === undefined || workers.some(({ mayGetIt }) => mayGetIt);
  return chosen !== undefined && served ? exitCode.ok : exitCode.failed;
}

async function findOut(options: RouteTestOptions): Promise<Known> {
  if (options.config === undefined) {
    const table = await new ControlClient(options).get<RoutingTable>("/v1/routing-table");
    return { routes: table.routes, workers: table.workers };
  }
  const evaluation = await evaluateInChild(evaluationRequest({ config: options.config }));
  if (evaluation.ok) return { routes: evaluation.configuration.traffic.routes, workers: undefined };
  const errors = evaluation.errors.map(({ where, key, message }) => [where, key, message].join(": "));
  throw new Failure(errors.join("\n"), exitCode.usage);
}

/** `GET /x`, `/x`, or a whole URL. */
function requestFacts(words: readonly string[], options: RouteTestOptions): RequestFacts {
  const [method = "GET", target = ""] = words.length === 1 ? ["GET", words[0]] : words;
  if (words.length > 2 || !/^(\/|https?:\/\/)/.test(target)) {
    throw new Failure("write a method and a path, as in: skein route test GET /orders/7", exitCode.usage);
  }
  const absolute = target.startsWith("/") ? undefined : parseUrl(target);
  const [path, query] = splitTarget(absolute === undefined ? target : target.slice(absolute.origin.length));
  const headers = new Map((options.header ?? []).map(readHeader));
  const authority = options.host ?? headers.get("host") ?? absolute?.host ?? "localhost";
  return {
    method: method.toUpperCase(),
    host: hostOfAuthority(authority),
    path,
    query,
    header: (name) => headers.get(name),
  };
}

function parseUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new Failure(`"${text}" is no URL`, exitCode.usage);
}

/** The path as it stands: a request is routed by its raw bytes. */
function splitTarget(target: string): [string, string] {
  const plain = target.split("#")[0] ?? "";
  const mark = plain.indexOf("?");
  return mark === -1 ? [plain || "/", ""] : [plain.slice(0, mark) || "/", plain.slice(mark + 1)];
}

function readHeader(text: string): [string, string] {
  const colon = text.indexOf(":");
  if (colon > 0) return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()];
  throw new Failure(`"${text}" is no header; write "name: value"`, exitCode.usage);
}

/** By the rules of the proxies, without what each of them knows at first hand. */
function verdicts(route: Route, workers: readonly TableWorker[] | undefined): WorkerVerdict[] | undefined {
  if (workers === undefined) return undefined;
  const named = route.to.filter(({ weight }) => weight > 0).map(({ service }) => service);
  return named.flatMap((service) => {
    const views = workers
      .filter((worker) => worker.service === service)
      .map((worker) => ({ ...worker, health: newHealth(0) }));
    const chosen = new Set(eligible(views));
    return views.map((view) => ({
      service,
      id: view.id,
      address: view.address,
      mayGetIt: chosen.has(view) && view.weight > 0,
      state: stateText(view),
    }));
  });
}

function stateText({ state, weight }: TableWorker): string {
  const text = state.kind === "suspect" ? `suspect: ${state.cause} (${state.strength})` : state.kind;
  return weight > 0 ? text : `${text}, weight 0`;
}

function tell(
  explanations: readonly RouteExplanation<Route>[],
  facts: RequestFacts,
  workers: readonly WorkerVerdict[] | undefined,
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
