import type { EventsReply, WorkersReply } from "../../protocol/discovery.ts";
import type { ClusterEvent } from "../../protocol/events.ts";
import {
  changesBetween,
  clusterAt,
  type PastCluster,
  type PastWorker,
  type WorkerChange,
} from "../../protocol/history.ts";
import { systemClock } from "../../runtime/clock.ts";
import { ControlClient } from "../control-client.ts";
import type { ControlOptions } from "../find-control.ts";
import { exitCode, Failure } from "../failure.ts";
import { momentOf } from "../moment.ts";
import { shortTime } from "../short-time.ts";
import { type Column, table } from "../table.ts";
import { printable, tableWidth, type Terminal } from "../terminal.ts";
import { stateColour } from "../worker-state.ts";

export interface HistoryOptions extends ControlOptions {
  service?: string;
  json?: boolean;
}

const pageLength = 1_000;

/** `skein ps --at 12:03:10`: the workers as they were. */
export async function psAt(at: string, options: HistoryOptions, terminal: Terminal): Promise<number> {
  const past = await Past.read(options);
  const moment = past.moment(at, "--at", terminal);
  const { leader, workers } = past.at(moment);
  const shown = workers.filter(({ service }) => options.service === undefined || service === options.service);
  if (options.json === true) {
    terminal.out(JSON.stringify({ v: 1, at: moment, leader: leader ?? null, workers: shown }, null, 2));
    return exitCode.ok;
  }
  terminal.note(`at ${moment}: ${leader === undefined ? "no leader is known" : `${printable(leader)} led`}`);
  for (const line of table(columns(terminal), shown, tableWidth(terminal))) terminal.out(line);
  return exitCode.ok;
}

/** `skein diff 12:03 12:05`: what became of the workers between, and why. */
export async function diff(
  from: string,
  to: string,
  options: HistoryOptions,
  terminal: Terminal,
): Promise<number> {
  const past = await Past.read(options);
  const [first, last] = [past.moment(from, "from", terminal), past.moment(to, "to", terminal)];
  if (first > last)
    throw new Failure(`${first} is after ${last}: write the earlier moment first`, exitCode.usage);
  const sides = [first, last].map((at) => ({ at, cluster: past.at(at) })) as [Side, Side];
  const { workers, events } = changesBetween(...sides, past.events);
  const shown = workers.filter(({ service }) => options.service === undefined || service === options.service);
  if (options.json === true) {
    terminal.out(JSON.stringify({ v: 1, from: first, to: last, workers: shown, events }, null, 2));
    return exitCode.ok;
  }
  terminal.note(`from ${first} to ${last}`);
  for (const change of shown) for (const line of changeLines(change, terminal)) terminal.out(line);
  for (const event of events) terminal.out(`  ${eventText(event)}`);
  if (shown.length + events.length === 0) terminal.note("nothing happened between");
  return exitCode.ok;
}

interface Side {
  at: string;
  cluster: PastCluster;
}

/** All that is remembered, and what is so now. */
class Past {
  readonly events: readonly ClusterEvent[];
  readonly #workers: WorkersReply["workers"];
  readonly #now: string;

  static async read(options: ControlOptions): Promise<Past> {
    const client = new ControlClient(options);
    const events: ClusterEvent[] = [];
    for (let more = true; more;) {
      const after = events.at(-1)?.id ?? 0;
      const reply = await client.get<EventsReply>(`/v1/events?after=${after}&limit=${pageLength}`);
      events.push(...reply.events);
      more = reply.events.length === pageLength;
    }
    const { workers } = await client.get<WorkersReply>("/v1/workers");
    return new Past(events, workers, systemClock.wallTime());
  }

  private constructor(events: readonly ClusterEvent[], workers: WorkersReply["workers"], now: string) {
    this.events = events;
    this.#workers = workers;
    this.#now = now;
  }

  /** Nothing was before the cluster began, which is told. Throws for one of which nothing is remembered. */
  moment(text: string, flag: string, terminal: Terminal): string {
    const moment = momentOf(text, Date.parse(this.#now), flag);
    const [first] = this.events;
    if (first === undefined || moment >= first.at) return moment;
    if (first.id > 1) {
      const why = `the history reaches back to ${first.at}; older events are forgotten`;
      throw new Failure(`${flag}: ${moment} is too early: ${why}`);
    }
    terminal.note(`the cluster began at ${first.at}: ${flag} is that moment`);
    return first.at;
  }

  at(moment: string): PastCluster {
    return clusterAt(moment, this.events, this.#workers, this.#now);
  }
}

function columns(terminal: Terminal): Column<PastWorker>[] {
  return [
    { title: "SERVICE", shrinks: true, text: ({ service }) => printable(service) },
    { title: "ID", shrinks: true, text: ({ id }) => printable(id) },
    { title: "STATE", text: pastState, paint: (worker, text) => painted(worker, text, terminal) },
    { title: "SINCE", text: ({ since }) => (since === undefined || since === null ? "" : shortTime(since)) },
    { title: "WHY", shrinks: true, text: ({ reason }) => printable(reason ?? "") },
  ];
}

function changeLines({ service, id, before, after, events }: WorkerChange, terminal: Terminal): string[] {
  const side = (worker: PastWorker | null): string =>
    worker === null ? "not there" : painted(worker, pastState(worker), terminal);
  const name = terminal.paint("bold", printable(`${service}/${id}`));
  return [`${name}: ${side(before)}, then ${side(after)}`, ...events.map((event) => `  ${eventText(event)}`)];
}

function pastState({ state, cause }: PastWorker): string {
  return cause === undefined ? state : `${state}: ${printable(cause)}`;
}

function painted({ state }: PastWorker, text: string, terminal: Terminal): string {
  return terminal.paint(state === "unknown" ? "dim" : stateColour({ state }), text);
}

function eventText({ at, message }: ClusterEvent): string {
  return `${shortTime(at)}  ${printable(message)}`;
}
