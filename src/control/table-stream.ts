import type { ServerResponse } from "node:http";
import { Backlog } from "./backlog.ts";
import type { ControlPorts, TableWants } from "./ports.ts";

/** A reader that lets so much pile up besides a whole table is cut; it attaches again and gets the whole table. */
const backlogBytesMax = 64 * 1024 * 1024;
/** What is in one frame is not counted: a table of 10,000 workers has 3 MB. */
const backlogFramesMax = 1_000;

/** `GET /v1/routing-table?watch=1`: one JSON text per line, for as long as the reader keeps up. */
export function streamTable(
  response: ServerResponse,
  ports: ControlPorts,
  wants: TableWants & { answers?: boolean },
): void {
  const bytes = new Backlog(backlogBytesMax);
  const frames = new Backlog(backlogFramesMax);
  let unwritten = 0;
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  response.socket?.setNoDelay(true);
  // The head goes out at once: a controller without a configuration has no first frame yet.
  response.flushHeaders();
  const write = (line: string): void => {
    if (response.destroyed) return;
    unwritten += 1;
    response.write(`${line}\n`, () => (unwritten -= 1));
    const tooMany = frames.isTooMuch(1, unwritten);
    if (bytes.isTooMuch(Buffer.byteLength(line) + 1, response.writableLength) || tooMany) response.destroy();
  };
  const unsubscribe = ports.subscribeTable(write, wants);
  const unask = wants.answers === true ? ports.listenQuestions(write) : undefined;
  response.on("error", () => {});
  response.on("close", () => {
    unsubscribe();
    unask?.();
  });
}
