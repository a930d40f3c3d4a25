import type { ServicesReply, ServiceView } from "../../protocol/discovery.ts";
import { ControlClient } from "../control-client.ts";
import type { ControlOptions } from "../find-control.ts";
import { type Column, table } from "../table.ts";
import { printable, tableWidth, type Terminal } from "../terminal.ts";

/** The services, and how many of their workers are in which state. */
export async function services(
  options: ControlOptions & { json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const reply = await new ControlClient(options).get<ServicesReply>("/v1/services");
  if (options.json === true) terminal.out(JSON.stringify(reply, null, 2));
  else if (reply.services.length === 0)
    terminal.note("no services: name one in a route, or let a worker join");
  else for (const line of table(columns(terminal), reply.services, tableWidth(terminal))) terminal.out(line);
  return 0;
}

function columns(terminal: Terminal): Column<ServiceView>[] {
  const count = (title: string, of: (counts: ServiceView["workers"]) => number): Column<ServiceView> => ({
    title,
    align: "right",
    text: ({ workers }) => String(of(workers)),
  });
  return [
    { title: "SERVICE", shrinks: true, text: (service) => printable(service.name) },
    {
      ...count("LIVE", ({ live }) => live),
      paint: ({ workers }, text) => terminal.paint(workers.live > 0 ? "green" : "red", text),
    },
    count("SUSPECT", ({ suspect }) => suspect),
    count("DRAINING", ({ draining }) => draining),
    count("GONE", ({ left, dead }) => left + dead),
    { title: "POLICY", text: ({ policy }) => policy },
    {
      title: "CHECK",
      text: ({ check }) => (check.kind === "http" ? `http ${printable(check.path)}` : check.kind),
      shrinks: true,
    },
    { title: "NOTE", text: ({ preserving }) => (preserving ? "self-preservation" : "") },
  ];
}
