import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { WebSocketServer } from "ws";
import { smallAnswerBytes } from "../suite/cases.ts";

/** A user's service, as small as one can be: what it costs is what node:http costs. */
export function benchService(): Server {
  const server = createServer(answer);
  // Proxies keep connections; a worker behind one is told to keep them, too.
  server.keepAliveTimeout = 75_000;
  // Listening on every address is for 127.1.0.1 and its many neighbours, not for the network.
  server.on("connection", (socket) => {
    if (socket.localAddress?.startsWith("127.") === false) socket.destroy();
  });
  const echo = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on("upgrade", (request, socket, head) => {
    echo.handleUpgrade(request, socket, head, (client) => {
      client.on("message", (data, isBinary) => client.send(data, { binary: isBinary }));
      // A client that goes away at the end of a measurement is no error.
      client.on("error", () => {});
    });
  });
  return server;
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { method, url = "/" } = request;
  if (method === "POST") return afterBody(request, response);
  if (url === "/head") return send(response, Buffer.from(JSON.stringify(request.rawHeaders)));
  const bytes = url.startsWith("/bytes/") ? Number(url.slice("/bytes/".length)) : smallAnswerBytes;
  send(response, bodyOf(bytes));
}

/** Takes the whole body, says how much it was, and answers. */
function afterBody(request: IncomingMessage, response: ServerResponse): void {
  let bytes = 0;
  request.on("data", (piece: Buffer) => (bytes += piece.length));
  request.on("end", () => {
    response.setHeader("X-Received-Bytes", bytes);
    send(response, bodyOf(smallAnswerBytes));
  });
}

function send(response: ServerResponse, body: Buffer): void {
  response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": body.length });
  response.end(body);
}

const bodies = new Map<number, Buffer>();

function bodyOf(bytes: number): Buffer {
  const known = bodies.get(bytes);
  if (known !== undefined) return known;
  const body = Buffer.alloc(bytes, "0123456789");
  bodies.set(bytes, body);
  return body;
}
