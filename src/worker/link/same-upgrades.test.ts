import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { head, type Log } from "./testing-service.ts";
import { sameOverLink } from "./testing-ways.ts";

const upgrade = ["Connection: Upgrade", "Upgrade: echo"];
const switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";

type Handler = (socket: Duplex, request: IncomingMessage, head: Buffer, log: Log) => void;

function serve(handle: Handler): (log: Log) => ReturnType<typeof createServer> {
  return (log) =>
    createServer((_request, response) => response.end("plain")).on("upgrade", (request, socket, first) => {
      for (const event of ["end", "finish", "close"]) socket.on(event, () => log.add("socket", event));
      socket.on("error", (error: NodeJS.ErrnoException) => log.add("socket error", error.code));
      handle(socket, request, first, log);
    });
}

sameOverLink("a protocol of one's own, both ways, ended by the service", {
  serve: serve((socket, request, first, log) => {
    log.add(request.url, request.headers.upgrade, first.length, request.socket === socket);
    socket.write(switched);
    socket.on("data", (bytes: Buffer) => {
      socket.write(`<${bytes.toString()}>`);
      if (String(bytes) === "bye") socket.end("last");
    });
  }),
  play: async (way, log) => {
    const call = way.call(head("GET /chat", ...upgrade), "");
    await call.answer.until(({ state }) => state === "tunnel");
    for (const word of ["one", "two", "bye"]) {
      call.body(word);
      await call.answer.until(({ body }) => body.includes(`<${word}>`));
    }
    const text = await call.answer.over();
    call.finish();
    await log.until("socket close");
    return text;
  },
  has: [/<two>/, /last/, /socket end/],
});
sameOverLink("a tunnel that the client closes in order: the service hears the end, and says its last word", {
  serve: serve((socket) => {
    socket.write(switched);
    socket.on("data", (bytes: Buffer) => void socket.write(bytes));
    socket.on("end", () => socket.end("[the end]"));
  }),
  play: async (way, log) => {
    const call = way.call(head("GET /", ...upgrade), "");
    await call.answer.until(({ state }) => state === "tunnel");
    call.body("word");
    call.finish();
    const text = await call.answer.over();
    await log.until("socket close");
    return text;
  },
  has: [/word\[the end\]/],
});
sameOverLink("a tunnel that the client cuts", {
  serve: serve((socket) => {
    socket.resume();
    socket.on("end", () => socket.end());
    socket.write(switched);
  }),
  play: async (way, log) => {
    const call = way.call(head("GET /", ...upgrade), "");
    await call.answer.until(({ state }) => state === "tunnel");
    call.abort();
    await log.until("socket close");
  },
  has: [/socket close/],
});
/** The client leaves a byte that nobody reads, and goes; then the service goes on. */
function left(name: string, then: (socket: Duplex, log: Log) => void, has: RegExp[]): void {
  sameOverLink(name, {
    serve: serve((socket, _request, _first, log) => {
      socket.write(switched);
      void log.until("gone").then(() => then(socket, log));
    }),
    play: async (way, log) => {
      const call = way.call(head("GET /", ...upgrade), "");
      await call.answer.until(({ state }) => state === "tunnel");
      call.body("x");
      call.abort();
      // Nobody tells when the service's own kernel has heard of it.
      await new Promise((resolve) => setTimeout(resolve, 50));
      log.add("gone");
      await log.until("socket close");
    },
    has,
  });
}

left(
  "a tunnel that the client has left, with a byte that is read later",
  (socket, log) => {
    socket.on("data", (bytes: Buffer) => log.add("read", bytes));
    socket.on("end", () => socket.end());
  },
  [/gone.*read x.*socket end.*socket close/],
);
left(
  "a tunnel that the client has left, with a byte that is never read: whoever writes hears that nobody is there",
  (socket) => {
    const writing = setInterval(() => socket.write("to nobody"), 10);
    socket.on("close", () => clearInterval(writing));
  },
  [/gone.*socket error EPIPE.*socket close/],
);
sameOverLink("a tunnel that the service destroys", {
  serve: serve((socket) => {
    socket.write(switched);
    socket.once("data", () => socket.destroy());
  }),
  play: async (way, log) => {
    const call = way.call(head("GET /", ...upgrade), "");
    await call.answer.until(({ state }) => state === "tunnel");
    call.body("x");
    const text = await call.answer.over();
    await log.until("socket close");
    return text;
  },
  has: [/101/],
});
sameOverLink("much through a tunnel, to a service that reads slowly, and back", {
  serve: serve((socket) => {
    socket.write(switched);
    void (async () => {
      for await (const bytes of socket) {
        if (!socket.write(bytes as Buffer)) await new Promise((resolve) => socket.once("drain", resolve));
      }
      socket.end();
    })();
  }),
  play: async (way) => {
    const call = way.call(head("GET /", ...upgrade), "");
    await call.answer.until(({ state }) => state === "tunnel");
    for (let n = 0; n < 100; n += 1) call.body(Buffer.alloc(16_000, n));
    call.finish();
    await call.answer.over();
    return [call.answer.body.length, createHash("sha256").update(call.answer.body).digest("hex")];
  },
  has: [/1600000/],
});
sameOverLink("an upgrade that the service refuses with an answer of its own", {
  serve: serve((socket) => void socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")),
  play: async (way, log) => {
    const call = way.call(head("GET /", ...upgrade), "");
    const text = await call.answer.over();
    call.abort();
    await log.until("socket close");
    return text;
  },
  has: [/no\[whole\]/],
});
sameOverLink("an upgrade at a service that knows of none is a plain request; so is the one after it", {
  serve: () => createServer((request, response) => response.end(`plain ${request.headers.upgrade}`)),
  play: async (way) => [
    await way.call(head("GET /", ...upgrade), "").answer.over(),
    await way.call(head("GET /"), "").answer.over(),
  ],
  has: [/plain echo/, /plain undefined/],
});

/** The frames of a client, unmasked by a mask of zeros. */
function frame(opcode: number, text: string): Buffer {
  const head = Buffer.from([0x80 | opcode, 0x80 | text.length, 0, 0, 0, 0]);
  return Buffer.concat([head, Buffer.from(text, "latin1")]);
}

sameOverLink("a WebSocket by `ws`: messages, ping and the closing handshake", {
  serve: (log) => {
    const server = createServer();
    const sockets = new WebSocketServer({ server, path: "/ws" });
    sockets.on("connection", (socket, request) => {
      log.add("connection", request.url);
      socket.on("message", (data: Buffer, isBinary) => socket.send(`${isBinary} ${data.toString()}`));
      socket.on("close", (code, reason) => log.add("close", code, reason.toString()));
    });
    return server;
  },
  play: async (way, log) => {
    const key = Buffer.from("0123456789abcdef").toString("base64");
    const fields = [
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${key}`,
    ];
    const refused = await way.call(head("GET /elsewhere", ...fields), "").answer.over();
    const call = way.call(head("GET /ws", ...fields), "");
    await call.answer.until(({ state }) => state === "tunnel");
    call.body(frame(1, "hello"));
    await call.answer.until(({ body }) => body.includes("hello"));
    call.body(frame(9, "ping"));
    await call.answer.until(({ body }) => body.includes("ping"));
    call.body(frame(8, "\u0003\u00e8bye"));
    await call.answer.over();
    call.finish();
    await log.until("close 1000 bye");
    return [refused, call.answer.text];
  },
  has: [/false hello/, /close 1000 bye/, /400 Bad Request/],
});
