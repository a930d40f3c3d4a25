import type { ServerResponse } from "node:http";
import type { WorkersFrame } from "../protocol/discovery.ts";
import { SkeinError } from "../protocol/error.ts";
import { frameElsewhere } from "../protocol/table-elsewhere.ts";
import { Backlog } from "./backlog.ts";
import type { Caller } from "./caller.ts";
import type { ControlPorts } from "./ports.ts";
import { workersFrameOf } from "./workers-frame.ts";

/** A reader that lets so much pile up besides all workers is cut; it comes again and gets all workers anew. */
const backlogBytesMax = 4 * 1024 * 1024;

/**
 * `GET /v1/workers?service=NAME&watch=1`: one JSON text per line, for as long as the reader keeps up. A `caller` on another host
 * gets the workers that it can reach: what a loopback address means there is anybody's server.
 */
export function streamWorkers(
  response: ServerResponse,
  ports: Pick<ControlPorts, "listenTable">,
  service: string | null,
  caller: Pick<Caller, "loopback">,
): void {
  if (service === null || service === "")
    throw new SkeinError("invalid", "service: say whose workers, with ?service=NAME.");
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  response.socket?.setNoDelay(true);
  // The head goes out at once: a controller without a configuration has no first frame yet.
  response.flushHeaders();
  const backlog = new Backlog(backlogBytesMax);
  let settled: boolean | undefined;
  const unlisten = ports.listenTable((of) => {
    const frame = workersFrameOf(caller.loopback ? of : frameElsewhere(of), service);
    if (frame === undefined || response.destroyed || !isNews(frame, settled)) return;
    if (frame.kind !== "alive") settled = frame.settled;
    const line = `${JSON.stringify(frame)}\n`;
    response.write(line);
    if (backlog.isTooMuch(Buffer.byteLength(line), response.writableLength)) response.destroy();
  });
  response.on("error", () => {});
  response.on("close", unlisten);
}

/** Most changes of a table are those of other services. */
function isNews(frame: WorkersFrame, settled: boolean | undefined): boolean {
  if (frame.kind !== "delta") return true;
  return frame.upserts.length + frame.removals.length > 0 || frame.settled !== settled;
}
