import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { head } from "./testing-service.ts";
import { type Scenario, sameOverLink } from "./testing-ways.ts";

/** A service that does one thing, and a client that asks for it. */
function asked(
  handle: (response: ServerResponse, request: IncomingMessage) => void,
  start = "GET /thing?x=1",
  has: RegExp[] = [/\[whole\]/],
): Scenario {
  return {
    serve: () => createServer((request, response) => handle(response, request)),
    play: async (way) => way.call(head(start), "").answer.over(),
    has,
  };
}

sameOverLink("what the service sees of a request", {
  serve: () =>
    createServer((request, response) => {
      const { method, url, httpVersion, rawHeaders, headers } = request;
      const { complete, statusCode, statusMessage, trailers } = request;
      // Nodes of 2025 fail on `__proto__` here.
      const headersDistinct = url === "/distinct" ? request.headersDistinct : null;
      const seen = { method, url, httpVersion, rawHeaders, headers, headersDistinct, complete };
      const upgrade = (request as { upgrade?: unknown }).upgrade ?? null;
      response.end(JSON.stringify({ ...seen, statusCode, statusMessage, trailers, upgrade }));
    }),
  play: async (way) => {
    const fields = ["X-Many: a", "X-Many: b", "Cookie: a=1", "Cookie: b=2", "Set-Cookie: c", "X-Empty:"];
    const strange = [
      "__proto__: x",
      "constructor: y",
      "X-Latin: caf\u00e9",
      "Accept:  blanks \t",
      "Host2: z",
    ];
    return [
      await way.call(head("GET /distinct", ...fields), "").answer.over(),
      await way.call(head("GET /a/b?c=%20d&e", ...fields, ...strange), "").answer.over(),
    ];
  },
  has: [/blanks/, /\[whole\]/],
});

sameOverLink(
  "a text",
  asked((response) => response.end("hello")),
);
sameOverLink(
  "bytes",
  asked((response) => response.end(Buffer.from([0, 1, 2, 254, 255]))),
);
sameOverLink(
  "text beyond latin1, whose length is counted in bytes",
  asked((response) => response.end("h\u00e9 \u20ac \u{1f980}")),
);
sameOverLink(
  "nothing",
  asked((response) => response.end()),
);
sameOverLink(
  "a status and fields of every kind",
  asked((response) => {
    response.setHeader("Set-Cookie", ["a=1; Path=/", "b=2"]);
    response.setHeader("X-Number", 7);
    response.appendHeader("X-More", "one");
    response.appendHeader("X-More", ["two", "three"]);
    response.setHeader("X-Gone", "x");
    response.removeHeader("X-Gone");
    response.writeHead(201, "Made", { "X-Head": "h", "X-Number": "8" });
    response.end("made");
  }),
);
sameOverLink(
  "writeHead with a list",
  asked((response) => {
    response.writeHead(202, ["X-A", "1", "X-A", "2", "Content-Length", "2"]);
    response.end("ok");
  }),
);
sameOverLink(
  "without a date",
  asked((response) => {
    response.sendDate = false;
    response.end("x");
  }),
);
sameOverLink(
  "an answer that asks to end the connection",
  asked((response) => {
    response.setHeader("Connection", "close");
    response.end("bye");
  }),
);
sameOverLink(
  "an answer whose end is the end of the connection",
  asked((response) => {
    response.useChunkedEncodingByDefault = false;
    response.write("one ");
    response.write("two");
    setImmediate(() => response.end(" three"));
  }),
);
sameOverLink("one after the other on what one client uses: each gets its own", {
  serve: () => createServer((request, response) => response.end(request.url)),
  play: async (way) => {
    const answers: string[] = [];
    for (let n = 0; n < 5; n += 1) answers.push(await way.call(head(`GET /${n}`), "").answer.over());
    return answers;
  },
  has: [/\/4\[whole\]/],
});
sameOverLink("many at once, answered in another order", {
  serve: () => {
    const waiting: (() => void)[] = [];
    return createServer((request, response) => {
      waiting.push(() => response.end(request.url));
      if (waiting.length === 20) for (const answer of waiting.reverse()) answer();
    });
  },
  play: async (way) => {
    const calls = Array.from({ length: 20 }, (_, n) => way.call(head(`GET /${n}`), ""));
    return Promise.all(calls.map(async (call) => call.answer.over()));
  },
  has: [/\/19\[whole\]/],
});

for (const status of [200, 204, 304, 404]) {
  for (const method of ["GET", "HEAD", "OPTIONS", "DELETE"]) {
    sameOverLink(
      `${method} answered with ${status} and a body`,
      asked((response) => {
        response.statusCode = status;
        response.end("body");
      }, `${method} /x`),
    );
    sameOverLink(
      `${method} answered with ${status} in pieces`,
      asked((response) => {
        response.writeHead(status, { "X-A": "1" });
        response.write("a");
        response.write("b");
        response.end();
      }, `${method} /x`),
    );
  }
}
sameOverLink(
  "HEAD with a length",
  asked((response) => {
    response.setHeader("Content-Length", 12);
    response.end();
  }, "HEAD /x"),
);

sameOverLink(
  "1xx: early hints, processing, and others of one's own",
  asked((response) => {
    response.writeEarlyHints({ link: "</a.css>; rel=preload", "x-hint": "1" });
    response.writeProcessing();
    response.end("after");
  }),
);

sameOverLink(
  "pieces, and trailers",
  asked(
    (response) => {
      response.setHeader("Trailer", "X-Sum");
      response.write("one");
      response.write(Buffer.from("two"));
      setImmediate(() => {
        response.write("");
        response.write("three", "utf8");
        response.addTrailers({ "X-Sum": "11" });
        response.end("!");
      });
    },
    "GET /x",
    [/X-Sum: 11/],
  ),
);
sameOverLink(
  "encodings",
  asked((response) => {
    response.write("68c3a9", "hex");
    response.write("w6k=", "base64");
    response.write("\u00e9", "latin1");
    response.write("\u20ac", "utf16le");
    response.end("\u00e9", "latin1");
  }),
);

sameOverLink("callbacks and events of a response, and its state on the way", {
  serve: (log) =>
    createServer((_request, response) => {
      for (const event of ["socket", "prefinish", "finish", "close"]) {
        response.on(event, () => log.add(event, response.writableFinished, response.socket === null));
      }
      log.add(response.headersSent, response.writableEnded, response.writable, response.writableLength);
      response.write("one", () => log.add("written"));
      log.add(response.headersSent, response.finished, response.writableCorked);
      response.end("two", () => log.add("ended"));
      log.add(response.writableEnded, response.finished);
    }),
  play: async (way, log) => {
    const text = await way.call(head("GET /"), "").answer.over();
    await log.until("close true true");
    return text;
  },
  has: [/written/, /ended/],
});

sameOverLink("flushHeaders sends the head before there is a body", {
  serve: (log) =>
    createServer((_request, response) => {
      response.setHeader("X-A", "1");
      response.flushHeaders();
      void log.until("the client has the head").then(() => response.end("body"));
    }),
  play: async (way, log) => {
    const { answer } = way.call(head("GET /"), "");
    await answer.until(({ heads }) => heads !== "");
    log.add("the client has the head");
    return answer.over();
  },
  has: [/X-A: 1/],
});

sameOverLink("server-sent events: each is there before the next is made", {
  serve: (log) =>
    createServer((_request, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      void (async () => {
        for (let n = 1; n <= 3; n += 1) {
          response.write(`data: ${n}\n\n`);
          await log.until(`got ${n}`);
        }
        response.end();
      })();
    }),
  play: async (way, log) => {
    const { answer } = way.call(head("GET /"), "");
    for (let n = 1; n <= 3; n += 1) {
      await answer.until(({ body }) => body.includes(`data: ${n}`));
      log.add(`got ${n}`);
    }
    return answer.over();
  },
  has: [/data: 3/, /\[whole\]/],
});

sameOverLink("what may not be done throws the same", {
  serve: (log) =>
    createServer((_request, response) => {
      const tries: (() => unknown)[] = [
        () => response.setHeader("bad name", "x"),
        () => response.setHeader("X", "a\nb"),
        () => response.writeHead(99),
        () => response.end(7 as unknown as string),
      ];
      for (const attempt of tries) {
        try {
          attempt();
          log.add("nothing thrown");
        } catch (error) {
          log.add((error as { code?: string }).code);
        }
      }
      response.on("error", (error: NodeJS.ErrnoException) => log.add("error", error.code));
      response.end("x");
      try {
        response.setHeader("X-Late", "1");
      } catch (error) {
        log.add((error as { code?: string }).code);
      }
      response.write("late", (error) => log.add("late", (error as NodeJS.ErrnoException | null)?.code));
      response.on("close", () => log.add("closed"));
    }),
  play: async (way, log) => {
    const text = await way.call(head("GET /"), "").answer.over();
    await log.until("closed");
    return text;
  },
  has: [/ERR_HTTP_HEADERS_SENT/, /ERR_STREAM_WRITE_AFTER_END/],
});
