/**
 * Thread: a worker that closes its idle connections after the time that it announces, and behind the answer to a
 * request with X-Busy computes about as long as that takes: what comes meanwhile waits behind its timers. Says its
 * port; asked for anything, says how often each id was executed.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort } from "node:worker_threads";

/** The least that a Keep-Alive field can tell. */
const keepAliveMs = 1_000;
const busyMs = 60;

const executed = new Map<string, number>();

function compute(): void {
  const end = performance.now() + busyMs;
  while (performance.now() < end);
}

const server = createServer(
  // Not in the types yet: without it, node keeps a connection for a second longer than it says.
  { keepAliveTimeout: keepAliveMs, keepAliveTimeoutBuffer: 0 } as object,
  (request, response) => {
    const id = request.headers["x-id"];
    if (typeof id === "string") executed.set(id, (executed.get(id) ?? 0) + 1);
    response.end("ok");
    if (request.headers["x-busy"] !== undefined) setImmediate(compute);
  },
);
server.listen(0, "127.0.0.1");
await once(server, "listening");
parentPort?.on("message", () => parentPort?.postMessage(executed, []));
parentPort?.postMessage((server.address() as AddressInfo).port, []);
