/**
 * Thread: a worker and its clients, as little as can be, so that what is measured in the main thread is the proxy alone.
 * Says the worker's port; then for each `{ port, requests }` sends so many over some connections and says "done".
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { parentPort } from "node:worker_threads";

const connections = 16;
const request = "GET /some/path HTTP/1.1\r\nHost: example.test\r\nAccept: */*\r\nUser-Agent: load\r\n\r\n";
const answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";

const server = createServer({ noDelay: true }, (socket) => {
  // One request comes at a time, and whole: it is short.
  socket.on("data", () => void socket.write(answer, "latin1"));
  socket.on("error", () => {});
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

async function load(port: number, requests: number): Promise<void> {
  const each = Math.ceil(requests / connections);
  await Promise.all(Array.from({ length: connections }, () => send(port, each)));
}

async function send(port: number, requests: number): Promise<void> {
  const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let left = requests;
  socket.on("data", (bytes) => {
    const text = bytes.toString("latin1");
    if (!text.endsWith("\r\n\r\nok")) throw new Error(`an answer is: ${text}`);
    left -= 1;
    if (left === 0) socket.end();
    else socket.write(request, "latin1");
  });
  socket.write(request, "latin1");
  await once(socket, "close");
}

parentPort?.on("message", ({ port, requests }: { port: number; requests: number }) => {
  void load(port, requests).then(() => parentPort?.postMessage("done", []));
});
parentPort?.postMessage((server.address() as AddressInfo).port, []);
