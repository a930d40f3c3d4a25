import type { LiveDelta, LiveSnapshot } from "../../protocol/live.ts";
import { liveSilenceMs } from "../../protocol/live/looks.ts";
import { systemClock } from "../../runtime/clock.ts";
import { ControlClient } from "../control-client.ts";
import type { ControlOptions } from "../find-control.ts";
import { exitCode, Failure } from "../failure.ts";
import { openScreen, type Screen } from "../screen.ts";
import { readServerSentEvents } from "../server-sent-events.ts";
import type { Terminal } from "../terminal.ts";
import { keysIn } from "../top/keys.ts";
import { render } from "../top/render.ts";
import { type Drain, newTop, step, type TopEvent, type TopState } from "../top/state.ts";

const reconnectMs = 500;

/** The workers and the traffic, live, until `q`. It survives the loss of the controller that it reads. */
export async function top(options: ControlOptions, terminal: Terminal): Promise<number> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new Failure(
      "skein top needs a terminal; elsewhere: skein ps --watch, or skein ps --json",
      exitCode.usage,
    );
  }
  const client = new ControlClient(options);
  const stop = new AbortController();
  let state: TopState = newTop;
  const screen = openScreen(stdin, stdout, {
    typed: (text) => {
      for (const key of keysIn(text)) happen({ kind: "key", key, size: screen });
    },
    resized: () => draw(screen, state, terminal),
  });
  function happen(event: TopEvent): void {
    const next = step(state, event);
    state = next.state;
    if (state.over) return stop.abort();
    if (event.kind === "heard") return;
    draw(screen, state, terminal);
    if (next.drain !== undefined)
      void send(client, next.drain).then((message) => happen({ kind: "told", message }));
  }
  process.once("SIGTERM", () => stop.abort());
  const seconds = systemClock.every(1_000, () => happen({ kind: "second", at: systemClock.now() }));
  try {
    draw(screen, state, terminal);
    await follow(client, happen, stop.signal);
  } finally {
    seconds.cancel();
    screen.close();
  }
  return exitCode.ok;
}

function draw(screen: Screen, state: TopState, terminal: Terminal): void {
  screen.draw(render(state, screen, systemClock.now(), (colour, text) => terminal.paint(colour, text)));
}

async function follow(
  client: ControlClient,
  happen: (event: TopEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const stream = client.stream("/v1/live", { accept: "text/event-stream" }, signal, liveSilenceMs);
      const heard = (): void => happen({ kind: "heard", at: systemClock.now() });
      for await (const { event, data } of readServerSentEvents(tapped(stream, heard))) {
        const at = systemClock.now();
        if (event === "snapshot")
          happen({ kind: "snapshot", snapshot: JSON.parse(data) as LiveSnapshot, at });
        else if (event === "delta") happen({ kind: "delta", delta: JSON.parse(data) as LiveDelta, at });
      }
      happen({ kind: "lost", why: "the stream has ended" });
    } catch (error) {
      if (signal.aborted) return;
      happen({ kind: "lost", why: reasonOf(error) });
    }
    await new Promise((resolve) => setTimeout(resolve, reconnectMs));
  }
}

/** The same stream; whatever comes, if only a comment, is told. */
async function* tapped(stream: AsyncIterable<Uint8Array>, heard: () => void): AsyncGenerator<Uint8Array> {
  for await (const bytes of stream) {
    heard();
    yield bytes;
  }
}

/** What came of it, in words. */
async function send(client: ControlClient, { on, service, id }: Drain): Promise<string> {
  const path = `/v1/workers/${encodeURIComponent(id)}/${on ? "drain" : "undrain"}`;
  try {
    await client.change(`${path}?service=${encodeURIComponent(service)}`);
    return `${service}/${id} gets ${on ? "no new requests; u undoes it" : "requests again"}`;
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
