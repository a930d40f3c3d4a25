import { createServer } from "node:http";
import type { Socket } from "node:net";
import { head, type Log, noteUncaught } from "./testing-service.ts";
import { sameOverLink } from "./testing-ways.ts";

/** How many bytes more the socket says it has written after `write`. */
function counted(log: Log, name: string, socket: Socket, write: () => void): void {
  const before = socket.bytesWritten;
  write();
  log.add(name, socket.bytesWritten - before);
}

const written: [name: string, data: string | Buffer, encoding?: BufferEncoding][] = [
  ["ascii", "plain"],
  ["beyond ascii", "\u00fc\u20ac\u{1f600}"],
  ["one byte each", "\u00fc\u00fc", "latin1"],
  ["two bytes each", "ab", "utf16le"],
  ["hex", "c3bc", "hex"],
  ["base64", "w7w=", "base64"],
  ["bytes", Buffer.from("\u20ac")],
  ["more than a frame", "\u00fc".repeat(20_000)],
  ["more than there is room for", "\u00fc".repeat(3_000_000)],
  ["behind what waits", "\u20ac"],
  ["behind that, as bytes", Buffer.from("\u20ac")],
];

sameOverLink("bytesWritten counts bytes, whatever they were written as, those that wait as well", {
  serve: (log) =>
    createServer(({ socket }, response) => {
      const length = written.reduce(
        (sum, [, data, encoding]) => sum + Buffer.byteLength(data as string, encoding),
        0,
      );
      response.writeHead(200, { "Content-Length": length }).flushHeaders();
      for (const [name, data, encoding] of written) {
        counted(log, name, socket, () => response.write(data, encoding!));
      }
      log.add("all written");
      const before = socket.bytesWritten;
      response.end(() => log.add("at the end", socket.bytesWritten - before));
      response.on("close", () => log.add("close"));
    }),
  play: async (way, log) => {
    const call = way.call(head("GET /"), "");
    call.reads(false);
    await log.until("all written");
    call.reads(true);
    await call.answer.over();
    await log.until("close");
  },
  has: [/beyond ascii 9/, /more than there is room for 6000000/],
});

sameOverLink("a listener for connections that throws: that is uncaught, and then the request is served", {
  serve: (log) => {
    const server = createServer((request, response) => {
      log.add("handler", request.url);
      request.on("data", (bytes) => log.add(bytes));
      request.on("end", () => response.writeHead(200, { Connection: "close" }).end("answered"));
    });
    let connections = 0;
    server.on("connection", (socket: Socket) => {
      connections += 1;
      if (connections === 2) socket.destroy();
      if (connections <= 2) throw new Error(`own ${connections}`);
    });
    noteUncaught(server, "uncaughtException", log);
    return server;
  },
  play: async (way, log) => {
    const served = await way.call(head("POST /first", "Content-Length: 4"), "body").answer.over();
    const refused = await way.call(head("POST /second", "Content-Length: 4"), "body").answer.over();
    await log.until("uncaughtException own 2");
    return [served, refused, await way.call(head("GET /third"), "").answer.over()];
  },
  has: [/own 1.*handler \/first.*own 2.*handler \/third/, /answered\[whole\]/, /\[cut\]/],
});
