import { duration } from "../../core/requests/words.ts";
import { problemCodes } from "../../protocol/problem.ts";
import type { ExplainedRequest, RequestsReply } from "../../protocol/requests.ts";
import { ControlClient } from "../control-client.ts";
import type { ControlOptions } from "../find-control.ts";
import { exitCode } from "../failure.ts";
import { oneOf } from "../one-of.ts";
import { shortTime } from "../short-time.ts";
import { type Column, table } from "../table.ts";
import { printable, tableWidth, type Terminal } from "../terminal.ts";
import { wholeNumber } from "../whole-number.ts";

export interface RequestsOptions extends ControlOptions {
  kept?: string;
  code?: string;
  service?: string;
  slowest?: boolean;
  lines: string;
  json?: boolean;
}

/** The control API gives no more at once. */
const linesMax = 200;

/** Recent requests that failed, were slow, or are samples. */
export async function requests(options: RequestsOptions, terminal: Terminal): Promise<number> {
  const query = new URLSearchParams({ limit: String(wholeNumber(options.lines, "--lines", linesMax)) });
  const where = {
    flag: "--code",
    known: "docs/errors.md lists the codes, and the column CAUSE shows causes",
  };
  if (options.code !== undefined) oneOf(options.code, problemCodes, where);
  for (const name of ["kept", "code", "service"] as const) {
    const value = options[name];
    if (value !== undefined) query.set(name, value);
  }
  if (options.slowest === true) query.set("slowest", "1");
  const reply = await new ControlClient(options).get<RequestsReply>(`/v1/requests?${query.toString()}`);
  if (options.json === true) terminal.out(JSON.stringify(reply, null, 2));
  else tell(reply, terminal);
  return exitCode.ok;
}

function tell({ requests: found, asked }: RequestsReply, terminal: Terminal): void {
  if (found.length === 0) terminal.note("no requests are remembered that fit");
  else for (const line of table(columns(terminal), found, tableWidth(terminal))) terminal.out(line);
  for (const silent of asked.silent) terminal.note(printable(`no answer from ${silent}`));
}

function columns(terminal: Terminal): Column<ExplainedRequest>[] {
  return [
    { title: "TIME", text: ({ at }) => shortTime(at, undefined, 23) },
    { title: "ID", text: ({ id }) => printable(id) },
    {
      title: "STATUS",
      align: "right",
      text: ({ status }) => String(status),
      paint: ({ kept }, text) => (kept === "failed" ? terminal.paint("red", text) : text),
    },
    { title: "TOOK", align: "right", text: ({ tookMs }) => duration(tookMs) },
    { title: "CAUSE", text: ({ why }) => why.cause },
    { title: "REQUEST", shrinks: true, text: ({ method, path }) => printable(`${method} ${path}`) },
  ];
}
