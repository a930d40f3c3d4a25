import type { Route } from "../../protocol/configuration.ts";
import type { RoutesReply } from "../../protocol/discovery.ts";
import { ControlClient } from "../control-client.ts";
import type { ControlOptions } from "../find-control.ts";
import { conditionText, targetText } from "../../protocol/route-text.ts";
import { type Column, table } from "../table.ts";
import { printable, tableWidth, type Terminal } from "../terminal.ts";

/** The routes, in their order of precedence. */
export async function routes(
  options: ControlOptions & { json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const reply = await new ControlClient(options).get<RoutesReply>("/v1/routes");
  if (options.json === true) terminal.out(JSON.stringify(reply, null, 2));
  else if (reply.routes.length === 0) terminal.note("no routes: every request gets 404 no-route");
  else for (const line of table(columns, reply.routes, tableWidth(terminal))) terminal.out(line);
  return 0;
}

const columns: Column<Route>[] = [
  { title: "ROUTE", shrinks: true, text: (route) => printable(route.name) },
  { title: "TO", shrinks: true, text: (route) => printable(targetText(route)) },
  { title: "ONLY IF", shrinks: true, text: (route) => printable(conditionText(route)) },
  {
    title: "REWRITE",
    shrinks: true,
    text: ({ rewrite }) => (rewrite === undefined ? "" : `${rewrite.prefix} > ${rewrite.with}`),
  },
  { title: "TIMEOUT", align: "right", text: ({ headTimeoutMs }) => `${headTimeoutMs / 1000}s` },
];
