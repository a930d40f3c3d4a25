/**
 * Thread: a worker and its clients, as little as can be, so that what is measured in the main thread is the proxy alone.
 * Says where the worker is reached; then for each `Load` does it and says "done".
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { parentPort } from "node:worker_threads";
import type { LinkAddress } from "../../protocol/heartbeat.ts";
import { TestLinkWorker } from "./testing-link-worker.ts";

export interface Worker {
  port: number;
  link: LinkAddress;
}

export interface Load {
  /** The proxy's. */
  port: number;
  connections: number;
  /** On each of them, one after the other. */
  requests: number;
  /** They stay open afterwards. */
  stay: boolean;
}

const request = "GET /some/path HTTP/1.1\r\nHost: example.test\r\nAccept: */*\r\nUser-Agent: load\r\n\r\n";
const answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";

const server = createServer({ noDelay: true }, (socket) => {
  // One request comes at a time, and whole: it is short.
  socket.on("data", () => void socket.write(answer, "latin1"));
  socket.on("error", () => {});
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

async function send({ port, requests, stay }: Load): Promise<void> {
  const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let left = requests;
  socket.on("data", (bytes) => {
    const text = bytes.toString("latin1");
    if (!text.endsWith("\r\n\r\nok")) throw new Error(`an answer is: ${text}`);
    left -= 1;
    if (left > 0) socket.write(request, "latin1");
    else socket.emit("enough");
  });
  socket.write(request, "latin1");
  await once(socket, "enough");
  if (!stay) socket.end();
}

parentPort?.on("message", (load: Load) => {
  const all = Array.from({ length: load.connections }, () => send(load));
  void Promise.all(all).then(() => parentPort?.postMessage("done", []));
});
/** The same worker over a link: what is answered is written by the test's own frames, as little as can be. */
const linked = await new TestLinkWorker().listen();
linked.keepBodies = false;
linked.onLink = (link) => {
  link.onRequest = (stream) => {
    stream.answer(answer);
    link.streams.delete(stream.id);
  };
};
parentPort?.postMessage(
  { port: (server.address() as AddressInfo).port, link: linked.address } satisfies Worker,
  [],
);
