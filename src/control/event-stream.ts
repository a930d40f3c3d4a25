import type { ServerResponse } from "node:http";
import type { ClusterEvent } from "../protocol/events.ts";
import type { Clock } from "../runtime/clock.ts";
import { EventPump } from "./event-pump.ts";
import type { ControlPorts } from "./ports.ts";

/** With so much unread the next page waits. */
const fullBytes = 256 * 1024;
/** A reader that takes nothing for so long is cut. */
const stuckMs = 30_000;
const aliveMs = 15_000;

/**
 * `GET /v1/events` as server-sent events. The id of each is the event's id, so that a reader that lost the stream
 * goes on with `Last-Event-ID`, at this controller or at another: all read the same store.
 */
export function streamEvents(
  response: ServerResponse,
  ports: ControlPorts,
  clock: Clock,
  afterId: number,
): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write(": skein events\n\n");
  const reader = {
    take: (event: ClusterEvent) => write(response, event),
    // The reader comes again and resumes.
    failed: () => response.destroy(),
    gone: () => response.destroyed,
    room: async () => await roomIn(response, clock),
  };
  const pump = new EventPump(ports, reader, afterId);
  const alive = clock.every(aliveMs, () => response.write(": alive\n\n"));
  const unwatch = ports.onEvents(() => pump.advance());
  response.on("error", () => {});
  response.on("close", () => {
    alive.cancel();
    unwatch();
  });
  pump.advance();
}

function write(response: ServerResponse, event: ClusterEvent): void {
  response.write(`id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
}

/** Resolves when what was written is with the reader, or it is gone. */
async function roomIn(response: ServerResponse, clock: Clock): Promise<void> {
  if (response.destroyed || response.writableLength < fullBytes) return;
  await new Promise<void>((resolve) => {
    const stuck = clock.after(stuckMs, () => response.destroy());
    const done = (): void => {
      stuck.cancel();
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}
