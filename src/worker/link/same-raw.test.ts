import { createServer, type IncomingMessage, ServerResponse } from "node:http";
import { head, type Log } from "./testing-service.ts";
import { sameOverLink } from "./testing-ways.ts";

const rawHead = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n";

type Handler = (request: IncomingMessage, response: ServerResponse, log: Log) => void;

/** What a service does with the socket itself; the request after it is served. */
function raw(name: string, handle: Handler, has: RegExp): void {
  sameOverLink(name, {
    serve: (log) =>
      createServer((request, response) => {
        if (request.url === "/next") return void response.end("next");
        request.on("close", () => log.add("request close", request.complete));
        request.socket.on("close", () => log.add("socket close"));
        handle(request, response, log);
      }),
    play: async (way, log) => {
      const call = way.call(head("POST /", "Content-Length: 4"), "body");
      const text = await call.answer.over();
      call.abort();
      await log.until("socket close");
      return [text, await way.call(head("GET /next"), "").answer.over()];
    },
    has: [has, /next\[whole\]/],
  });
}

raw(
  "a response that gives up its socket, which is written by hand",
  (request, response, log) => {
    const { socket } = request;
    response.detachSocket(socket);
    socket.write(rawHead, () => log.add("written"));
    request.resume().on("end", () => socket.end("by han"));
  },
  /by han\[whole\]/,
);
raw(
  "a response that gives up its socket in the middle of its answer",
  (request, response) => {
    const { socket } = request;
    response.writeHead(200, { "Content-Length": 6 }).write("by ");
    setImmediate(() => {
      response.detachSocket(socket);
      socket.end("han");
    });
  },
  /by han\[whole\]/,
);
raw(
  "a response that gives up its socket to another one",
  (request, response) => {
    const { socket } = request;
    response.detachSocket(socket);
    const other = new ServerResponse(request);
    other.assignSocket(socket);
    other.on("finish", () => {
      other.detachSocket(socket);
      socket.end();
    });
    request.resume().on("end", () => other.end("of the other"));
  },
  /of the other\[whole\]/,
);
raw(
  "a socket that the service ends after its answer",
  (request, response) => {
    response.on("finish", () => request.socket.end());
    request.resume().on("end", () => response.end("whole"));
  },
  /whole\[whole\]/,
);
raw(
  "a socket that the service ends some time after its answer",
  (request, response) => {
    response.on("close", () => setTimeout(() => request.socket.end(), 10));
    request.resume().on("end", () => response.end("whole"));
  },
  /whole\[whole\]/,
);
