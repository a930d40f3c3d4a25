import { AsyncLocalStorage, executionAsyncId } from "node:async_hooks";
import { channel } from "node:diagnostics_channel";
import { createServer, IncomingMessage, type Server, type ServerOptions, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { headLimitsMax } from "../../protocol/head-limits.ts";
import { head, type Log, noteUncaught, type Uncaught } from "./testing-service.ts";
import { type Scenario, sameOverLink } from "./testing-ways.ts";

class OwnRequest extends IncomingMessage {
  get path(): string {
    return `path of ${this.url}`;
  }
}

class OwnResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  say(text: string): void {
    this.end(`said: ${text}`);
  }
}

sameOverLink("classes of one's own for requests and responses", {
  serve: () =>
    createServer({ IncomingMessage: OwnRequest, ServerResponse: OwnResponse }, (request, response) => {
      response.say(`${request.path} ${request instanceof OwnRequest} ${response instanceof OwnResponse}`);
    }),
  play: async (way) => [
    await way.call(head("GET /a"), "").answer.over(),
    await way.call(head("POST /b", "Content-Length: 1"), "x").answer.over(),
  ],
  has: [/said: path of \/a true true/],
});

/** What an option does to one request. */
function option(name: string, options: ServerOptions, fields: string[], has: RegExp): void {
  sameOverLink(`the option ${name}`, {
    serve: (log) => {
      const server = createServer(options, (request, response) => {
        const { headers, rawHeaders } = request;
        for (const event of ["end", "close"]) request.on(event, () => log.add(event));
        request.resume();
        response.setHeader("X-Twice", ["a", "b"]);
        response.end(JSON.stringify({ headers, rawHeaders: rawHeaders.length }));
        response.on("close", () => log.add("done"));
      });
      server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
        log.add(error.code);
        socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        log.add("done");
      });
      return server;
    },
    play: async (way, log) => {
      const text = await way.call(head("GET /", ...fields), "").answer.over();
      await log.until("done");
      return [text, log.entries.splice(0).sort()];
    },
    has: [has],
  });
}

option("maxHeaderSize", { maxHeaderSize: 1_000 }, [`X-Long: ${"x".repeat(1_100)}`], /HPE_HEADER_OVERFLOW/);
option("maxHeaderSize, nearly reached", { maxHeaderSize: 1_000 }, [`X-Long: ${"x".repeat(880)}`], /xxxx/);
option(
  "maxHeaderSize, above the usual",
  { maxHeaderSize: 60_000 },
  [`X-Long: ${"x".repeat(40_000)}`],
  /xxxx/,
);
option("uniqueHeaders", { uniqueHeaders: ["x-twice"] }, [], /X-Twice: a; b/);
option(
  "joinDuplicateHeaders",
  { joinDuplicateHeaders: true },
  ["Authorization: a", "Authorization: b"],
  /a, b/,
);
option("keepAliveTimeout", { keepAliveTimeout: 1 }, [], /\[whole\]/);
option("highWaterMark", { highWaterMark: 1_000 }, [], /\[whole\]/);
option("noDelay, keepAlive", { noDelay: false, keepAlive: true }, [], /\[whole\]/);
option("optimizeEmptyRequests", { optimizeEmptyRequests: true }, [], /\[whole\]/);

/** As a gateway with the highest limits passes them on. */
const { headBytesMax, fieldsMax, targetBytesMax } = headLimitsMax;
const added = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Id", "Via"].map((name) => `${name}: x`);
const largest = [
  head(`GET /${"x".repeat(targetBytesMax - 1)}`, ...added),
  head("GET /", ...Array.from({ length: fieldsMax }, (_, n) => `X-${n}: 1`), ...added),
  head("GET /", `X-Long: ${"x".repeat(headBytesMax - 60)}`, ...added),
];

for (const [limits, options, fieldsTaken, has] of [
  ["that allow them", { maxHeaderSize: 2 * headBytesMax }, 0, /^\{"seen":\["1048576 5","1 1005","1 6"\]/],
  ["of Node", {}, null, /HTTP\/1.1 431 /],
] as const) {
  sameOverLink(`the largest heads that a gateway may be told to take, for a server with limits ${limits}`, {
    serve: (log) => {
      const server = createServer(options, ({ url, rawHeaders }, response) => {
        log.add(url?.length, rawHeaders.length / 2);
        response.end("taken");
      });
      server.maxHeadersCount = fieldsTaken;
      return server;
    },
    play: async (way) => {
      const answers: string[] = [];
      for (const one of largest) answers.push(await way.call(one, "").answer.over());
      return answers;
    },
    has: [has],
  });
}

sameOverLink("maxHeadersCount", {
  serve: () => {
    const server = createServer((request, response) => response.end(String(request.rawHeaders)));
    server.maxHeadersCount = 3;
    return server;
  },
  play: async (way) => [
    await way.call(head("GET /", "A: 1", "B: 2"), "").answer.over(),
    // Some Nodes cut, others refuse.
    await way.call(head("GET /", "A: 1", "B: 2", "C: 3", "D: 4"), "").answer.over(),
  ],
  has: [/B,2\[whole\]/],
});

sameOverLink("maxRequestsPerSocket: nobody meets the limit who is told of it", {
  serve: (log) => {
    const server = createServer((request, response) => response.end(request.url));
    server.maxRequestsPerSocket = 2;
    server.on("dropRequest", () => log.add("dropped"));
    return server;
  },
  play: async (way) => {
    const answers: string[] = [];
    for (let n = 0; n < 7; n += 1) answers.push(await way.call(head(`GET /${n}`), "").answer.over());
    return answers;
  },
  has: [/\/6\[whole\]/],
});

sameOverLink(
  "expectations that are not 100-continue do not come here; a listener for connections is called, and may refuse",
  {
    serve: (log) => {
      const server = createServer((_request, response) => response.end("served"));
      server.on("connection", (socket: Socket) => {
        log.add("connection", socket.writable, socket.readable, socket.destroyed, socket.connecting);
        if (log.entries.length === 1) socket.destroy();
      });
      return server;
    },
    play: async (way) => [
      await way.call(head("GET /"), "").answer.over(),
      await way.call(head("GET /"), "").answer.over(),
    ],
    has: [/\[cut\]/, /served/],
  },
);

sameOverLink("what a service asks of its socket", {
  serve: (log) => {
    const server = createServer((request, response) => {
      const { socket } = request;
      log.add(request.connection === socket, response.socket === socket, response.connection === socket);
      log.add(socket.remoteAddress, typeof socket.remotePort, socket.remoteFamily);
      log.add(socket.localAddress, socket.localFamily, socket.localPort === portOf(server));
      log.add(JSON.stringify(Object.keys(socket.address()).sort()), socket.pending, socket.readyState);
      log.add("encrypted" in socket, socket.allowHalfOpen, socket.timeout, socket.connecting);
      log.add(socket.setNoDelay() === socket, socket.setKeepAlive(true, 10) === socket);
      log.add(socket.ref() === socket, socket.unref() === socket, socket.ref() === socket);
      log.add(socket.writableHighWaterMark === response.writableHighWaterMark, socket.readableHighWaterMark);
      log.add(socket.bytesRead > 0, socket.bytesWritten === 0, socket.isPaused());
      log.add((socket as Socket & { server?: Server }).server === server, socket.bufferSize);
      response.end("x", () => log.add("written", socket.bytesWritten > 50));
    });
    return server;
  },
  play: async (way, log) => {
    const text = await way.call(head("GET /"), "").answer.over();
    await log.until("written true");
    return text;
  },
  has: [/127\.0\.0\.1 number IPv4/, /open/],
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

/** Ends a server while one request is answered and another has been; then the service ends the first. */
function closing(name: string, close: (server: Server, log: Log) => void, has: RegExp): void {
  sameOverLink(name, {
    serve: (log) => {
      const server = createServer((request, response) => {
        if (request.url === "/quick") return void response.end("quick");
        log.add("working");
        response.on("close", () => log.add("response closed", response.writableFinished));
        void log.until("answer now").then(() => {
          response.setHeader("Connection", "close");
          response.end("slow");
        });
      });
      void log.until("close now").then(() => close(server, log));
      return server;
    },
    play: async (way, log) => {
      const slow = way.call(head("GET /slow"), "");
      await log.until("working");
      const quick = await way.call(head("GET /quick"), "").answer.over();
      log.add("close now");
      await log.until("closing");
      log.add("answer now");
      const text = await slow.answer.over();
      await log.until("closed");
      return [quick, text];
    },
    has: [has],
  });
}

closing(
  "server.close waits for the answer that is being made",
  (server, log) => {
    server.close(() => log.add("closed"));
    log.add("closing");
  },
  /slow\[whole\]/,
);
closing(
  "closeIdleConnections leaves a request alone",
  (server, log) => {
    server.closeIdleConnections();
    log.add("closing");
    server.close(() => log.add("closed"));
  },
  /slow\[whole\]/,
);
closing(
  "closeAllConnections cuts it",
  (server, log) => {
    server.close(() => log.add("closed"));
    server.closeAllConnections();
    log.add("closing");
  },
  /\[cut\]/,
);

sameOverLink("getConnections counts those that are being answered", {
  serve: (log) => {
    const server = createServer((_request, response) => {
      log.add("working");
      if (log.entries.length < 3) return;
      server.getConnections((_error, count) => response.end(String(count)));
    });
    return server;
  },
  play: async (way, log) => {
    way.call(head("GET /"), "");
    way.call(head("GET /"), "");
    while (log.entries.length < 2) await log.until("working").then(() => new Promise(setImmediate));
    return way.call(head("GET /"), "").answer.over();
  },
  has: [/3\[whole\]/],
});

const store = new AsyncLocalStorage<string>();

sameOverLink("AsyncLocalStorage: a request's own, and never that of the one before", {
  serve: (log) =>
    createServer((request, response) => {
      log.add("before", store.getStore());
      store.enterWith(`of ${request.url}`);
      setImmediate(() => {
        log.add("later", store.getStore());
        response.end("x");
      });
    }),
  play: async (way, log) => {
    for (const path of ["/1", "/2", "/3"]) await way.call(head(`GET ${path}`), "").answer.over();
    await Promise.all(["/4", "/5"].map(async (path) => way.call(head(`GET ${path}`), "").answer.over()));
    return log.entries.splice(0).sort();
  },
  has: [/before undefined/, /later of \/3/],
  notAsSockets: "in Nodes before 24 a kept connection keeps what `enterWith` set, whatever it is",
});
sameOverLink("each request has an asynchronous scope of its own", {
  serve: () => {
    const ids = new Set<number>();
    return createServer((_request, response) => {
      ids.add(executionAsyncId());
      response.end(`${executionAsyncId() > 0}`);
    });
  },
  play: async (way) =>
    Promise.all([1, 2, 3].map(async (path) => way.call(head(`GET /${path}`), "").answer.over())),
  has: [/true/],
});

sameOverLink("diagnostics channels, as tracing uses them", {
  serve: (log) => {
    const server = createServer((_request, response) => response.end("x"));
    const names = [
      "http.server.request.start",
      "http.server.response.created",
      "http.server.response.finish",
    ];
    for (const name of names) {
      channel(name).subscribe((message) => {
        const told = message as { request: IncomingMessage; server?: Server; socket?: Socket };
        const mine = told.server === server || told.request.socket === undefined;
        if (mine) log.add(name, told.request.url, told.socket === told.request.socket);
      });
    }
    return server;
  },
  play: async (way, log) => {
    const text = await way.call(head("GET /traced"), "").answer.over();
    await log.until("http.server.response.finish /traced true");
    return text;
  },
  has: [/request\.start \/traced true/],
});

/** A handler that fails, and what the process hears of it. Others are answered all the same. */
function failing(name: string, fail: () => unknown, event: Uncaught): void {
  const scenario: Scenario = {
    serve: (log) => {
      const server = createServer((request, response) => {
        if (request.url === "/fails") return void fail();
        response.end("fine");
      });
      noteUncaught(server, event, log);
      return server;
    },
    play: async (way, log) => {
      const [fails, fine] = ["/fails", "/fine"].map((path) => way.call(head(`GET ${path}`), ""));
      const text = await fine?.answer.over();
      await log.until(`${event} own`);
      const after = await way.call(head("GET /after"), "").answer.over();
      fails?.abort();
      return [text, after, await fails?.answer.over()];
    },
    has: [/own/, /fine/],
  };
  sameOverLink(name, scenario);
}

failing(
  "a handler that throws",
  () => {
    throw new Error("own");
  },
  "uncaughtException",
);
failing("a handler that rejects", async () => Promise.reject(new Error("own")), "unhandledRejection");
