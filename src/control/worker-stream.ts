import type { ServerResponse } from "node:http";
import type { WorkersFrame } from "../protocol/discovery.ts";
import { SkeinError } from "../protocol/error.ts";
import { Backlog } from "./backlog.ts";
import type { ControlPorts } from "./ports.ts";
import { workersFrameOf } from "./workers-frame.ts";

/** A reader that lets so much pile up besides all workers is cut; it comes again and gets all workers anew. */
const backlogBytesMax = 4 * 1024 * 1024;

/** `GET /v1/workers?service=NAME&watch=1`: one JSON text per line, for as long as the reader keeps up. */
export function streamWorkers(response: ServerResponse, ports: ControlPorts, service: string | null): void {
  if (service === null || service === "")
    throw new SkeinError("invalid", "service: say whose workers, with ?service=NAME.");
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  response.socket?.setNoDelay(true);
  // The head goes out at once: a controller without a configuration has no first frame yet.
  response.flushHeaders();
  const backlog = new Backlog(backlogBytesMax);
  let settled: boolean | undefined;
  const unlisten = ports.listenTable((of) => {
    const frame = workersFrameOf(of, service);
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
