import { createServer } from "node:http";
import type { Socket } from "node:net";
import { head, type Log, noteUncaught, turns } from "./testing-service.ts";
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

/** The answer is over before its upload, which goes on; the service closes what is idle then, and again when all is over. */
function uploading(name: string, when: "at once" | "later"): void {
  sameOverLink(name, {
    serve: (log) => {
      const server = createServer((request, response) => {
        request.on("data", (bytes) => log.add("data", bytes));
        request.on("close", () => log.add("request close", request.complete, request.aborted));
        request.socket.on("close", () => log.add("socket close"));
        response.on("finish", () => log.add("finish"));
        response.end("enough");
        if (when === "at once") server.closeIdleConnections();
      });
      void log.until("close what is idle").then(() => {
        server.closeIdleConnections();
        log.add("closed");
      });
      void log.until("close what is idle now").then(() => server.closeIdleConnections());
      return server;
    },
    play: async (way, log) => {
      const call = way.call(head("PUT /", "Content-Length: 8"));
      call.body("half");
      await log.until("finish");
      await log.until("data half");
      log.add("close what is idle");
      await log.until("closed");
      call.body("rest");
      await log.until("request close true false");
      log.add("close what is idle now");
      await log.until("socket close");
      return call.answer.text;
    },
    has: [/closed.*data rest.*request close true false.*now.*socket close/],
  });
}

uploading("an upload that goes on after its answer is not idle", "later");
uploading("an upload is not idle when its answer is given", "at once");

// Known to have come wholly when the answer begins, and not.
for (const size of [40_000, 100_000]) {
  sameOverLink(`an upload of ${size} bytes that waits for its reader is not idle after its answer`, {
    serve: (log) => {
      const server = createServer({ highWaterMark: 1_000 }, (request, response) => {
        let read = 0;
        // Else it is thrown away with the end of the answer.
        request.read(0);
        response.on("finish", () => log.add("finish"));
        response.end("enough");
        request.on("close", () => log.add("request close", request.complete, request.aborted, read));
        void log.until("close what is idle").then(() => {
          server.closeIdleConnections();
          request.on("data", (bytes: Buffer) => (read += bytes.length));
        });
      });
      return server;
    },
    play: async (way, log) => {
      const call = way.call(head("POST /", `Content-Length: ${size}`), "x".repeat(size));
      await log.until("finish");
      await turns();
      log.add("close what is idle");
      await log.until(`request close true false ${size}`);
      return call.answer.text;
    },
    has: [/request close true false/],
  });
}

sameOverLink("an upload that goes on after its answer outlives the server that is being closed", {
  serve: (log) => {
    const server = createServer((request, response) => {
      request.on("data", (bytes) => log.add("data", bytes));
      request.on("close", () => log.add("request close", request.complete, request.aborted));
      response.on("finish", () => log.add("finish"));
      response.end("enough");
    });
    void log.until("close the server").then(() => server.close(() => log.add("closed")));
    return server;
  },
  play: async (way, log) => {
    const call = way.call(head("POST /", "Transfer-Encoding: chunked"));
    call.body("half");
    await log.until("finish");
    log.add("close the server");
    await turns();
    call.body("rest");
    call.end();
    await log.until("request close true false");
    call.abort();
    return call.answer.text;
  },
  has: [/data rest.*request close true false/],
});
