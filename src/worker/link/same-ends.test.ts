import { AsyncLocalStorage } from "node:async_hooks";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { head, type Log } from "./testing-service.ts";
import { type Scenario, sameOverLink } from "./testing-ways.ts";

/** Everything that a service can hear of the end of a request. */
function noted(log: Log, request: IncomingMessage, response: ServerResponse): void {
  request.on("aborted", () => log.add("request aborted"));
  request.on("error", (error: NodeJS.ErrnoException) => log.add("request error", error.code, error.message));
  request.on("end", () => log.add("request end"));
  request.on("close", () => log.add("request close", request.aborted, request.complete, request.destroyed));
  response.on("finish", () => log.add("response finish"));
  response.on("error", (error: NodeJS.ErrnoException) => log.add("response error", error.code));
  response.on("close", () => log.add("response close", response.writableFinished, response.destroyed));
}

interface Ending {
  handle: (request: IncomingMessage, response: ServerResponse, log: Log) => void;
  /** What the client does; the scenario ends when this entry is noted. */
  play: Scenario["play"];
  /** Set up before the service is asked. */
  server?: (server: Server, log: Log) => void;
  has: RegExp[];
}

function ends(name: string, { handle, play, server, has }: Ending): void {
  sameOverLink(name, {
    serve: (log) => {
      const made = createServer((request, response) => {
        noted(log, request, response);
        handle(request, response, log);
      });
      server?.(made, log);
      return made;
    },
    play,
    has,
  });
}

ends("an answer in order", {
  handle: (request, response) => {
    request.resume();
    request.on("end", () => response.end("ok"));
  },
  play: async (way, log) => {
    const text = await way.call(head("POST /", "Content-Length: 4"), "body").answer.over();
    await log.until("response close true true");
    await log.until("request close false true true");
    return text;
  },
  has: [/request end/, /response finish/],
});

ends("the client goes away while the handler works", {
  handle: (_request, _response, log) => log.add("begun"),
  play: async (way, log) => {
    const call = way.call(head("GET /"), "");
    await log.until("begun");
    call.abort();
    await log.until("response close false true");
    await log.until("request close true true true");
  },
  has: [/request aborted/, /ECONNRESET aborted/],
});

ends("the client goes away in the middle of the answer", {
  handle: (_request, response) => response.write("some"),
  play: async (way, log) => {
    const call = way.call(head("GET /"), "");
    await call.answer.until(({ body }) => body === "some");
    call.abort();
    await log.until("response close false true");
  },
  has: [/response close/],
});

ends("the client goes away after the answer: nobody hears of it", {
  handle: (_request, response) => response.end("all"),
  play: async (way, log) => {
    const call = way.call(head("GET /"), "");
    await call.answer.over();
    call.abort();
    await log.until("response close true true");
  },
  has: [/response finish/],
});

ends("what is written after the client has gone goes nowhere, and throws nothing", {
  handle: (_request, response, log) => {
    log.add("begun");
    response.on("close", () => {
      log.add(
        "write",
        response.write("late", (error) => log.add("written", error === null)),
      );
      response.end("later", () => log.add("ended"));
      log.add(response.destroyed, response.writableEnded, response.headersSent);
      setImmediate(() => log.add("over"));
    });
  },
  play: async (way, log) => {
    const call = way.call(head("GET /"), "");
    await log.until("begun");
    call.abort();
    await log.until("over");
  },
  has: [/write false/],
});

for (const who of ["response", "request", "socket"] as const) {
  ends(`the handler destroys its ${who} before any answer`, {
    handle: (request, response) => ({ response, request, socket: request.socket })[who].destroy(),
    play: async (way, log) => {
      const text = await way.call(head("GET /"), "").answer.over();
      await log.until("response close false true");
      return text;
    },
    has: [/\[cut\]/],
  });
  ends(`the handler destroys its ${who} in the middle of an answer in chunks`, {
    handle: (request, response) => {
      response.write("some");
      setImmediate(() => ({ response, request, socket: request.socket })[who].destroy());
    },
    play: async (way, log) => {
      const text = await way.call(head("GET /"), "").answer.over();
      await log.until("response close false true");
      return text;
    },
    has: [/some\[cut\]/],
  });
  ends(`the handler destroys its ${who} with an error of its own`, {
    handle: (request, response) => {
      const target = { response, request, socket: request.socket }[who];
      target.destroy(Object.assign(new Error("own"), { code: "EOWN" }));
    },
    play: async (way, log) => {
      const text = await way.call(head("GET /"), "").answer.over();
      await log.until("response close false true");
      return text;
    },
    has: [/\[cut\]/],
  });
}

ends("an answer without a length whose connection is destroyed after it is whole by its end", {
  handle: (request, response) => {
    response.useChunkedEncodingByDefault = false;
    response.write("everything", () => request.socket.destroy());
  },
  play: async (way, log) => {
    const text = await way.call(head("GET /"), "").answer.over();
    await log.until("response close false true");
    return text;
  },
  has: [/everything\[whole\]/],
});

ends("the answer is whole before the request: the rest is taken and dropped", {
  handle: (_request, response) => response.end("enough"),
  play: async (way, log) => {
    const call = way.call(head("POST /", "Content-Length: 8"));
    call.body("half");
    const text = await call.answer.over();
    call.body("rest");
    await log.until("request close false true true");
    return text;
  },
  has: [/enough\[whole\]/],
});
ends("the answer is whole before the request, and the client goes away instead of sending the rest", {
  handle: (_request, response) => response.end("enough"),
  play: async (way, log) => {
    const call = way.call(head("POST /", "Content-Length: 8"));
    call.body("half");
    const text = await call.answer.over();
    await log.until("response close true true");
    call.abort();
    return text;
  },
  has: [/enough\[whole\]/],
});
ends("the client goes away in the middle of its upload", {
  handle: (request, _response, log) => void request.on("data", (bytes) => log.add(String(bytes))),
  play: async (way, log) => {
    const call = way.call(head("POST /", "Content-Length: 8"));
    call.body("half");
    await log.until("half");
    call.abort();
    await log.until("request close true false true");
    await log.until("response close false true");
  },
  has: [/request aborted/],
});
ends("an upload that ends early, read by `for await`", {
  handle: (request, _response, log) => {
    void (async () => {
      try {
        for await (const bytes of request) log.add(String(bytes));
      } catch (error) {
        log.add("thrown", (error as NodeJS.ErrnoException).code);
      }
    })();
  },
  play: async (way, log) => {
    const call = way.call(head("POST /", "Transfer-Encoding: chunked"));
    call.body("half");
    await log.until("half");
    call.abort();
    await log.until("thrown ECONNRESET");
    await log.until("request close true false true");
    await log.until("response close false true");
  },
  has: [/thrown ECONNRESET/],
});

ends("an AbortController, as many services use one", {
  handle: (request, response, log) => {
    const controller = new AbortController();
    response.on("close", () => {
      if (!response.writableFinished) controller.abort();
    });
    controller.signal.addEventListener("abort", () => log.add("work stopped"));
    log.add("begun", request.url);
  },
  play: async (way, log) => {
    const call = way.call(head("GET /work"), "");
    await log.until("begun /work");
    call.abort();
    await log.until("work stopped");
  },
  has: [/work stopped/],
});

const slow = 40;
ends("a response's timeout: the handler answers in its own way", {
  handle: (_request, response, log) => {
    response.setTimeout(slow, () => {
      log.add("timeout");
      response.writeHead(503);
      response.end("too slow");
    });
  },
  play: async (way, log) => {
    const text = await way.call(head("GET /"), "").answer.over();
    await log.until("response close true true");
    return text;
  },
  has: [/too slow/],
});
ends("a request's timeout, with its body outstanding", {
  handle: (request, response, log) => {
    request.setTimeout(slow, () => {
      log.add("timeout");
      response.end("no body came");
    });
  },
  play: async (way) => way.call(head("POST /", "Content-Length: 8")).answer.over(),
  has: [/no body came/],
});
ends("a timeout that nobody hears ends the connection", {
  handle: (request) => request.socket.setTimeout(slow),
  play: async (way, log) => {
    const text = await way.call(head("GET /"), "").answer.over();
    await log.until("response close false true");
    return text;
  },
  has: [/\[cut\]/],
});
ends("the server's timeout", {
  handle: () => undefined,
  server: (server, log) => {
    server.setTimeout(slow, (socket) => {
      log.add("server timeout");
      socket.destroy();
    });
  },
  play: async (way, log) => {
    const text = await way.call(head("GET /"), "").answer.over();
    await log.until("response close false true");
    return text;
  },
  has: [/server timeout/],
});
ends("a timeout does not run while bytes come, nor after the answer", {
  handle: (request, response, log) => {
    request.socket.setTimeout(slow * 5, () => log.add("timeout"));
    request.resume();
    request.on("end", () => response.end("in time"));
  },
  play: async (way) => {
    const call = way.call(head("POST /", "Content-Length: 12"));
    for (let n = 0; n < 12; n += 1) {
      call.body("x");
      await new Promise((resolve) => setTimeout(resolve, slow));
    }
    call.end();
    return call.answer.over();
  },
  has: [/in time/],
});

ends("a client that vanishes while a write waits for room: the writer hears of it", {
  handle: (_, response, log) => {
    response.write(Buffer.alloc(30_000_000), () => log.add("written"));
    log.add("begun");
  },
  play: async (way, log) => {
    const call = way.call(head("GET /"), "");
    call.reads(false);
    await log.until("begun");
    call.abort();
    await log.until("written");
    await log.until("response close false true");
  },
  has: [/written/],
});

sameOverLink("what a service is called back with later is in its context, and what it throws is its own", {
  serve: (log) => {
    const context = new AsyncLocalStorage<string>();
    return createServer((request, response) => {
      if (request.url === "/other") return void response.end("fine");
      context.run(`context of ${request.url}`, () => {
        const note = (what: string): void => log.add(what, context.getStore());
        response.write(Buffer.alloc(10_000_000), () => note("written"));
        log.add("begun");
        response.once("drain", () => {
          note("drained");
          setTimeout(() => {
            note("a timer of that");
            response.end();
          });
        });
        response.on("finish", () => note("finish"));
        response.on("close", () => note("close"));
      });
    });
  },
  play: async (way, log) => {
    const call = way.call(head("GET /long"), "");
    call.reads(false);
    await log.until("begun");
    call.reads(true);
    await log.until("close context of /long");
    await log.until("a timer of that context of /long");
    return await way.call(head("GET /other"), "").answer.over();
  },
  has: [/written context of/, /a timer of that context of/, /fine/],
});
