import type { ServerResponse } from "node:http";
import { SkeinError } from "../protocol/error.ts";
import type { LiveWords } from "../protocol/live.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import { EventPump } from "./event-pump.ts";
import type { LiveFeed } from "./live-feed.ts";
import type { ControlPorts } from "./ports.ts";

/** Besides the snapshot. A reader that lets more pile up is cut, and comes back to a new snapshot. */
const backlogBytesMax = 8 * 1024 * 1024;
const readersMax = 64;
const aliveMs = 1_000;
const eventsToldFirst = 200;
/** After a failure of the store, so much later its events are asked for again. */
const eventsAgainMs = 3_000;

/** `GET /v1/live`: see protocol/live. Throws SkeinError when too many read. */
export function streamLive(
  response: ServerResponse,
  ports: ControlPorts,
  feed: LiveFeed,
  clock: Clock,
  reader: { operator: boolean; afterId: number },
): void {
  if (feed.readers >= readersMax) {
    throw new SkeinError("notReady", `${readersMax} readers watch this controller already.`);
  }
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.socket?.setNoDelay(true);
  const reading = feed.subscribe(reader.operator, (delta) => write("delta", delta));
  const pendingBytesMax = Buffer.byteLength(reading.snapshot) + backlogBytesMax;
  const write = (word: LiveWords, json: string): void => {
    if (response.destroyed) return;
    response.write(`event: ${word}\ndata: ${json}\n\n`);
    if (response.writableLength > pendingBytesMax) response.destroy();
  };
  write("snapshot", reading.snapshot);
  let again: Timer | undefined;
  const pump = new EventPump(
    ports,
    {
      take: (event) => write("happened", JSON.stringify(event)),
      failed() {
        again?.cancel();
        if (!response.destroyed) again = clock.after(eventsAgainMs, () => pump.advance());
      },
      gone: () => response.destroyed,
    },
    Math.max(reader.afterId, ports.lastEventId() - eventsToldFirst),
    eventsToldFirst,
  );
  const alive = clock.every(aliveMs, () => response.write(": alive\n\n"));
  const unwatch = ports.onEvents(() => pump.advance());
  response.on("error", () => {});
  response.on("close", () => {
    alive.cancel();
    again?.cancel();
    unwatch();
    reading.end();
  });
  pump.advance();
}
