import type { WorkersReply, WorkerView } from "../../protocol/discovery.ts";
import { ControlClient } from "../control-client.ts";
import type { ControlOptions } from "../find-control.ts";
import { type Column, table } from "../table.ts";
import { printable, tableWidth, type Terminal } from "../terminal.ts";
import { loadNow } from "../../protocol/live/load-now.ts";
import { stateAge, stateColour, stateText } from "../worker-state.ts";

export interface PsOptions extends ControlOptions {
  service?: string;
  json?: boolean;
}

/** The workers, and how they are. */
export async function ps(options: PsOptions, terminal: Terminal): Promise<number> {
  const query = options.service === undefined ? "" : `?service=${encodeURIComponent(options.service)}`;
  const reply = await new ControlClient(options).get<WorkersReply>(`/v1/workers${query}`);
  if (options.json === true) {
    terminal.out(JSON.stringify(reply, null, 2));
    return 0;
  }
  if (reply.workers.length === 0)
    terminal.note("no workers: they appear when they join, or stand in the configuration");
  else for (const line of table(columns(terminal), reply.workers, tableWidth(terminal))) terminal.out(line);
  return 0;
}

function columns(terminal: Terminal): Column<WorkerView>[] {
  return [
    { title: "SERVICE", shrinks: true, text: (worker) => printable(worker.service) },
    { title: "ID", shrinks: true, text: (worker) => printable(worker.id) },
    // Where the id is the address, once is enough.
    {
      title: "ADDRESS",
      shrinks: true,
      text: (worker) => (worker.address === worker.id ? "" : printable(worker.address)),
    },
    { title: "STATE", text: stateText, paint: (worker, text) => terminal.paint(stateColour(worker), text) },
    { title: "FOR", align: "right", text: stateAge },
    { title: "WEIGHT", align: "right", text: (worker) => String(worker.weight) },
    { title: "BUSY", align: "right", text: (worker) => String(loadNow(worker).inFlight ?? "") },
    { title: "VERSION", shrinks: true, text: (worker) => printable(worker.version ?? "") },
  ];
}
