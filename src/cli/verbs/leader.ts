import type { ControllersReply, ControllerView } from "../../protocol/discovery.ts";
import { ControlClient } from "../control-client.ts";
import type { ControlOptions } from "../find-control.ts";
import { exitCode } from "../failure.ts";
import { type Column, table } from "../table.ts";
import { tableWidth, type Terminal } from "../terminal.ts";

/** Who leads. Exit code 1 while nobody does. */
export async function leader(
  options: ControlOptions & { json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const reply = await new ControlClient(options).get<ControllersReply>("/v1/controllers");
  if (options.json === true) terminal.out(JSON.stringify(reply, null, 2));
  else
    for (const line of table(columns(terminal), reply.controllers, tableWidth(terminal))) terminal.out(line);
  if (reply.leader !== null) return exitCode.ok;
  terminal.note("there is no leader at this moment; requests are served on, changes wait for one");
  return exitCode.failed;
}

function columns(terminal: Terminal): Column<ControllerView>[] {
  return [
    { title: "CONTROLLER", shrinks: true, text: ({ name }) => name },
    {
      title: "ROLE",
      text: ({ role }) => role,
      paint: ({ role }, text) => (role === "leader" ? terminal.paint("green", text) : text),
    },
    { title: "TERM", align: "right", text: ({ term }) => String(term) },
    { title: "ADDRESS", shrinks: true, text: ({ url }) => url },
  ];
}
