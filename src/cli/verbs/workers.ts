import type { WorkerReply } from "../../protocol/discovery.ts";
import { ControlClient } from "../control-client.ts";
import type { ControlOptions } from "../find-control.ts";
import { exitCode, Failure } from "../failure.ts";
import { printable, type Terminal } from "../terminal.ts";
import { weightOf } from "../weight.ts";

export interface WorkerOptions extends ControlOptions {
  service?: string;
  json?: boolean;
}

/** `skein drain ID`, `skein undrain ID`: no new requests for a worker, and again. */
export async function drain(
  id: string,
  on: boolean,
  options: WorkerOptions,
  terminal: Terminal,
): Promise<number> {
  const reply = await change(id, on ? "drain" : "undrain", {}, options);
  return tell(reply, options, terminal, on ? "gets no new requests" : "gets requests again");
}

/** `skein weight ID 0.5`; `skein weight ID reset` gives it back its own. */
export async function weight(
  id: string,
  value: string,
  options: WorkerOptions,
  terminal: Terminal,
): Promise<number> {
  const number = value === "reset" ? null : weightOf(value);
  if (number === undefined) {
    throw new Failure(`"${value}" is no weight; write a number from 0 to 1000, or "reset"`, exitCode.usage);
  }
  const reply = await change(id, "weight", { weight: number }, options);
  return tell(reply, options, terminal, `has the weight ${reply.worker?.weight ?? value}`);
}

function change(
  id: string,
  verb: string,
  body: object,
  options: WorkerOptions,
): Promise<Partial<WorkerReply>> {
  // `skein drain "$ID"` of a script in which ID is not set.
  if (id.trim() === "") throw new Failure("the worker's id is empty: see `skein ps`", exitCode.usage);
  const query = options.service === undefined ? "" : `?service=${encodeURIComponent(options.service)}`;
  return new ControlClient(options).change(`/v1/workers/${encodeURIComponent(id)}/${verb}${query}`, body);
}

function tell(reply: Partial<WorkerReply>, options: WorkerOptions, terminal: Terminal, what: string): number {
  const { worker } = reply;
  if (options.json === true) terminal.out(JSON.stringify(reply, null, 2));
  else
    terminal.note(
      worker === undefined
        ? "the worker is gone, and what was set for it is taken back"
        : printable(`${worker.service}/${worker.id} ${what}`),
    );
  return exitCode.ok;
}
