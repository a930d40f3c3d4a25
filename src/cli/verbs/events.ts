import type { EventsReply } from "../../protocol/discovery.ts";
import type { ClusterEvent } from "../../protocol/events.ts";
import { ControlClient } from "../control-client.ts";
import type { ControlOptions } from "../find-control.ts";
import { exitCode } from "../failure.ts";
import { readServerSentEvents } from "../server-sent-events.ts";
import { shortTime } from "../short-time.ts";
import { printable, type Terminal } from "../terminal.ts";
import { wholeNumber } from "../whole-number.ts";

export interface EventsOptions extends ControlOptions {
  follow?: boolean;
  after?: string;
  lines: string;
  json?: boolean;
}

/** The control API gives no more at once. */
const linesMax = 1_000;
const reconnectMs = 500;
/** A controller says a word every 15 s: two may be late. */
const silenceMs = 35_000;

/** What happened in the cluster; `--follow` goes on, over the loss of controllers too. */
export async function events(options: EventsOptions, terminal: Terminal): Promise<number> {
  const limit = wholeNumber(options.lines, "--lines", linesMax);
  const query = options.after === undefined ? "" : `&after=${wholeNumber(options.after, "--after")}`;
  const client = new ControlClient(options);
  const reply = await client.get<EventsReply>(`/v1/events?limit=${limit}${query}`);
  const print = (event: ClusterEvent): void =>
    terminal.out(options.json === true ? JSON.stringify({ v: 1, ...event }) : eventLine(event, terminal));
  for (const event of reply.events) print(event);
  if (options.follow === true)
    return follow(client, reply.events.at(-1)?.id ?? Number(options.after ?? 0), print, terminal);
  if (reply.events.length === 0) terminal.note("no events");
  return exitCode.ok;
}

/** Ends with Ctrl-C. */
async function follow(
  client: ControlClient,
  seen: number,
  print: (event: ClusterEvent) => void,
  terminal: Terminal,
): Promise<number> {
  const end = new AbortController();
  process.once("SIGINT", () => end.abort());
  process.once("SIGTERM", () => end.abort());
  let lastId = seen;
  while (!end.signal.aborted) {
    try {
      const headers = { accept: "text/event-stream", "last-event-id": String(lastId) };
      const stream = client.stream(`/v1/events?after=${lastId}`, headers, end.signal, silenceMs);
      for await (const { data } of readServerSentEvents(stream)) {
        const event = JSON.parse(data) as ClusterEvent;
        lastId = event.id;
        print(event);
      }
    } catch (error) {
      if (end.signal.aborted) break;
      terminal.note(
        `the stream is lost (${error instanceof Error ? error.message.split("\n")[0] : String(error)}); trying again`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, reconnectMs));
  }
  return exitCode.ok;
}

function eventLine(event: ClusterEvent, terminal: Terminal): string {
  const time = shortTime(event.at);
  return `${terminal.paint("dim", `${event.id} ${time}`)}  ${printable(event.kind)}  ${printable(event.message)}`;
}
