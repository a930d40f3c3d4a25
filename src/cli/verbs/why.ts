import { retryWords } from "../../core/requests/retry-words.ts";
import { duration } from "../../core/requests/words.ts";
import type {
  ExplainedRequest,
  RequestReply,
  RequestTry,
  RouteConsidered,
  WorkerConsidered,
} from "../../protocol/requests.ts";
import { serviceText } from "../../protocol/route-text.ts";
import { ControlClient } from "../control-client.ts";
import type { ControlOptions } from "../find-control.ts";
import { exitCode } from "../failure.ts";
import { type Column, table } from "../table.ts";
import { printable, type Terminal } from "../terminal.ts";

/** What became of one request, by which rule, and what to do. Exit code 1: no proxy has a record of it. */
export async function why(
  id: string,
  options: ControlOptions & { json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const reply = await new ControlClient(options).get<RequestReply>(`/v1/requests/${encodeURIComponent(id)}`);
  if (options.json === true) terminal.out(JSON.stringify(reply, null, 2));
  else tell(reply.request, terminal);
  return exitCode.ok;
}

function tell(request: ExplainedRequest, terminal: Terminal): void {
  const out = (text: string): void => terminal.out(printable(text));
  const { method, host, path, query, status, code, id, at, client, proxy, route } = request;
  const named = method === "" ? "a request that was not understood" : `${method} ${host}${path}${query}`;
  const answered = code === undefined ? String(status) : `${status} ${code}`;
  terminal.out(
    terminal.paint(request.kept === "failed" ? "red" : "bold", printable(`${answered}  ${named}`)),
  );
  const by = route === undefined ? "" : `, route ${route}, service ${serviceName(request)}`;
  out(`${id} at ${at}, from ${client}, by ${proxy}${by}`);
  if (request.traceId !== undefined) out(`trace ${request.traceId}`);
  terminal.out("");
  const { cause, what, rule, todo } = request.why;
  for (const [title, text] of [
    ["cause", cause],
    ["what", what],
    ["rule", rule],
    ["do", todo],
  ] as const) {
    if (text !== "") tellWrapped(title, text, terminal);
  }
  tellTries(request, terminal);
  tellWorkers(request, terminal);
  tellRoutes(request.routes ?? [], terminal);
}

const titleWidth = 8;

function tellWrapped(title: string, text: string, terminal: Terminal): void {
  let line = "";
  let first = true;
  const flush = (): void => {
    const head = first ? terminal.paint("bold", title.padEnd(titleWidth)) : " ".repeat(titleWidth);
    terminal.out(`${head}${line}`);
    first = false;
    line = "";
  };
  for (const word of printable(text).split(" ")) {
    if (line !== "" && line.length + 1 + word.length > terminal.columns - titleWidth) flush();
    line = line === "" ? word : `${line} ${word}`;
  }
  flush();
}

function tellTries({ tries, queuedMs, headMs, tookMs }: ExplainedRequest, terminal: Terminal): void {
  terminal.out("");
  const parts = [`waited ${duration(queuedMs)} for a worker`];
  if (headMs !== undefined) parts.push(`answer after ${duration(headMs)}`);
  parts.push(`over after ${duration(tookMs)}`);
  terminal.out(parts.join(", "));
  if (tries.length === 0) return;
  terminal.out("");
  for (const line of table(tryColumns(terminal, tries), tries, terminal.columns)) terminal.out(line);
  for (const [at, one] of tries.entries()) {
    const words = retryWords(one);
    if (words !== "") terminal.out(`${tries.length > 1 ? `try ${at + 1}: ` : ""}${words}`);
  }
}

function tryColumns(terminal: Terminal, tries: readonly RequestTry[]): Column<RequestTry>[] {
  const uploaded = tries.some(({ wholeMs }) => wholeMs !== undefined);
  const at = (title: string, of: (one: RequestTry) => number | undefined): Column<RequestTry> => ({
    title,
    align: "right",
    text: (one) => {
      const ms = of(one);
      return ms === undefined ? "" : duration(ms);
    },
  });
  return [
    { title: "TRY AT", shrinks: true, text: ({ worker }) => printable(worker) },
    { title: "OVER", text: ({ way }) => wayWords[way] },
    at("CHOSEN", ({ chosenMs }) => chosenMs),
    at("SENT", ({ sentMs }) => sentMs),
    ...(uploaded ? [at("IN FULL", ({ wholeMs }) => wholeMs)] : []),
    at("1ST BYTE", ({ firstByteMs }) => firstByteMs),
    at("END", ({ endMs }) => endMs),
    {
      title: "OUTCOME",
      text: ({ outcome }) => outcome,
      paint: ({ outcome }, text) => terminal.paint(outcomePaints[outcome] ?? "red", text),
    },
  ];
}

const outcomePaints: Partial<Record<RequestTry["outcome"], "green" | "dim">> = {
  answered: "green",
  overtaken: "dim",
};
const wayWords: Record<RequestTry["way"], string> = { link: "link", kept: "kept conn.", new: "new conn." };

/** `web`, or `web:canary`. */
function serviceName({ service = "", subset }: ExplainedRequest): string {
  return serviceText({ service, subset });
}

function tellWorkers(request: ExplainedRequest, terminal: Terminal): void {
  const { workers } = request;
  if (workers === undefined || workers.workers === 0) return;
  terminal.out("");
  terminal.out(
    printable(
      `workers of ${serviceName(request)} when it was over (${workers.policy}): ${workers.eligible} of ${workers.workers} may be chosen, ${workers.full} of these full; ${workers.waiting} requests wait`,
    ),
  );
  if (workers.shown.length === 0) return;
  for (const line of table(workerColumns(terminal), workers.shown, terminal.columns)) terminal.out(line);
}

function workerColumns(terminal: Terminal): Column<WorkerConsidered>[] {
  return [
    { title: "WORKER", shrinks: true, text: ({ worker }) => printable(worker) },
    {
      title: "MAY",
      text: ({ eligible }) => (eligible ? "yes" : "no"),
      paint: ({ eligible }, text) => terminal.paint(eligible ? "green" : "red", text),
    },
    { title: "STATE", text: ({ state }) => printable(state) },
    { title: "SEEN", text: ({ seen }) => printable(seen) },
    {
      title: "IN FLIGHT",
      align: "right",
      text: ({ inFlight, maxInFlight }) =>
        maxInFlight === undefined ? `${inFlight}` : `${inFlight}/${maxInFlight}`,
    },
    {
      title: "LIMIT",
      align: "right",
      text: ({ adaptive }) => (adaptive === undefined ? "" : `${adaptive.waiting}/${adaptive.limit}`),
    },
    { title: "WEIGHT", align: "right", text: ({ weight }) => String(weight) },
    {
      title: "EXPECTED",
      align: "right",
      text: ({ latencyMs }) => (latencyMs === 0 ? "" : duration(latencyMs)),
    },
  ];
}

function tellRoutes(routes: readonly RouteConsidered[], terminal: Terminal): void {
  if (routes.length === 0) return;
  terminal.out("");
  terminal.out("routes");
  for (const { name, verdict, reasons } of routes) {
    const text = `  ${verdict.padEnd(7)} ${name}${reasons.length === 0 ? "" : `: ${reasons.join("; ")}`}`;
    terminal.out(printable(text));
  }
}
