import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { initialCreditBytes } from "../../link/link.ts";
import { head, type Log } from "./testing-service.ts";
import { sameOverLink } from "./testing-ways.ts";

const chunked = "Transfer-Encoding: chunked";

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Answers with what came. */
const echo: RequestListener = (request, response) => {
  void textOf(request).then((text) => {
    const { complete, trailers, rawTrailers, readableEnded } = request;
    response.end(JSON.stringify({ text, complete, trailers, rawTrailers, readableEnded }));
  });
};

sameOverLink("a body of a told length", {
  serve: () => createServer(echo),
  play: async (way) => way.call(head("POST /x", "Content-Length: 5"), "hello").answer.over(),
  has: [/hello/],
});
sameOverLink("a body of length 0, and none at all", {
  serve: () => createServer(echo),
  play: async (way) =>
    Promise.all([
      way.call(head("POST /x", "Content-Length: 0"), "").answer.over(),
      way.call(head("POST /x"), "").answer.over(),
      way.call(head("PATCH /x", chunked), "").answer.over(),
    ]),
  has: [/\[whole\]/],
});
sameOverLink("a body in chunks, with trailers", {
  serve: () => createServer(echo),
  play: async (way) => {
    const call = way.call(head("PUT /x", chunked, "Trailer: X-Sum"));
    call.body("one ");
    call.body("h\u00e9 two");
    call.end("X-Sum: 7\r\nX-More:  a \r\nX-More: b\r\n");
    return call.answer.over();
  },
  has: [/X-Sum/, /one/],
});
sameOverLink("a GET with a body, and a method that few know", {
  serve: () => createServer(echo),
  play: async (way) =>
    Promise.all([
      way.call(head("GET /x", "Content-Length: 3"), "abc").answer.over(),
      way.call(head("PROPFIND /x", "Content-Length: 3"), "def").answer.over(),
      way.call(head("M-SEARCH /x", "Content-Length: 3"), "ghi").answer.over(),
    ]),
  has: [/abc/, /def/],
});
sameOverLink("a method that nobody knows", {
  serve: (log) =>
    createServer(echo).on("clientError", (error: NodeJS.ErrnoException, socket) => {
      log.add(error.code);
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    }),
  play: async (way) => way.call(head("BREW /pot"), "").answer.over(),
  has: [/HPE_INVALID_METHOD/],
});

sameOverLink("bodies that nobody reads", {
  serve: (log) =>
    createServer((request, response) => {
      request.on("close", () => log.add("request closed", request.complete, request.readableEnded));
      request.on("end", () => log.add("end"));
      response.end("unread");
    }),
  play: async (way, log) => {
    const small = await way.call(head("POST /x", "Content-Length: 5"), "hello").answer.over();
    await log.until("request closed true true");
    const call = way.call(head("POST /x", `Content-Length: ${4 * initialCreditBytes}`));
    const large = await call.answer.over();
    for (let n = 0; n < 64; n += 1) call.body(Buffer.alloc(initialCreditBytes / 16, n));
    return [small, large];
  },
  has: [/unread/],
});

sameOverLink("the first bytes are read before the last were sent, both ways", {
  serve: () =>
    createServer((request, response) => {
      request.on("data", (bytes: Buffer) => response.write(`<${bytes.toString()}>`));
      request.on("end", () => response.end("."));
    }),
  play: async (way) => {
    const call = way.call(head("POST /x", chunked));
    for (const word of ["one", "two", "three"]) {
      call.body(word);
      await call.answer.until(({ body }) => body.includes(word));
    }
    call.end();
    return call.answer.over();
  },
  has: [/<three>/],
});

/** A large body, sent whatever the reader does; and the sum of what the service got of it. */
function large(name: string, read: (request: IncomingMessage, log: Log) => Promise<string>): void {
  sameOverLink(name, {
    serve: (log) =>
      createServer((request, response) => void read(request, log).then((sum) => response.end(sum))),
    play: async (way) => {
      const pieces = 96;
      const call = way.call(head("POST /x", `Content-Length: ${pieces * 16_000}`));
      for (let n = 0; n < pieces; n += 1) call.body(Buffer.alloc(16_000, n));
      return call.answer.over();
    },
    has: [/1536000 /, /\[whole\]/],
  });
}

async function sumOf(chunks: AsyncIterable<unknown>): Promise<string> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return `${bytes} ${hash.digest("hex")}`;
}

large("an upload of more than any credit", sumOf);
large("an upload that the service pauses and resumes", async (request, log) => {
  let pauses = 0;
  const hash = createHash("sha256");
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
    if (pauses >= 20) return;
    pauses += 1;
    request.pause();
    setImmediate(() => request.resume());
  });
  await new Promise((resolve) => request.on("end", resolve));
  log.add(pauses);
  return `${bytes} ${hash.digest("hex")}`;
});
large("an upload through a pipe that is slow", async (request) => {
  const slow = new PassThrough({ highWaterMark: 1_000 });
  const [sum] = await Promise.all([
    sumOf(slow),
    pipeline(
      request,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          await new Promise((resolve) => setImmediate(resolve));
          yield chunk;
        }
      },
      slow,
    ),
  ]);
  return sum;
});
large("an upload that is read only after a while", async (request) => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return sumOf(request);
});
large("an upload by `readable` and `read`", async (request) => {
  const hash = createHash("sha256");
  let bytes = 0;
  request.on("readable", () => {
    for (let chunk: Buffer | null = request.read() as Buffer | null; chunk !== null;) {
      hash.update(chunk);
      bytes += chunk.length;
      chunk = request.read() as Buffer | null;
    }
  });
  await new Promise((resolve) => request.on("end", resolve));
  return `${bytes} ${hash.digest("hex")}`;
});

sameOverLink("a large answer, by `drain`, to a client that stops reading for a while", {
  serve: (log) =>
    createServer((_request, response) => {
      let left = 200;
      let waits = 0;
      const more = (): void => {
        while (left > 0) {
          left -= 1;
          if (response.write(Buffer.alloc(16_000, left))) continue;
          waits += 1;
          if (!response.writableNeedDrain) log.add("false, but no drain is due");
          return void response.once("drain", more);
        }
        response.end(() => log.add("waited", waits > 0));
      };
      more();
    }),
  play: async (way, log) => {
    const call = way.call(head("GET /"), "");
    await call.answer.until(({ body }) => body.length > 50_000);
    call.reads(false);
    await new Promise((resolve) => setTimeout(resolve, 20));
    call.reads(true);
    const text = await call.answer.over();
    await log.until("waited true");
    return [call.answer.body.length, createHash("sha256").update(text).digest("hex")];
  },
  has: [/3200000/, /waited true/],
});
sameOverLink("one large buffer, and one large text", {
  serve: () =>
    createServer((request, response) => {
      if (request.url === "/text") response.end("\u20ac".repeat(400_000));
      else response.end(Buffer.alloc(2_000_000, 7));
    }),
  play: async (way) => {
    const [text, bytes] = await Promise.all(
      ["/text", "/bytes"].map(async (path) => {
        const { answer } = way.call(head(`GET ${path}`), "");
        await answer.over();
        return [answer.body.length, createHash("sha256").update(answer.text).digest("hex")];
      }),
    );
    return { text, bytes };
  },
  has: [/1200000/, /2000000/],
});
sameOverLink("a proxy of one's own: the request piped into the answer", {
  serve: () => createServer((request, response) => void request.pipe(response)),
  play: async (way) => {
    const call = way.call(head("POST /", "Content-Length: 1600000"));
    for (let n = 0; n < 100; n += 1) call.body(Buffer.alloc(16_000, n));
    const text = await call.answer.over();
    return [call.answer.body.length, createHash("sha256").update(text).digest("hex")];
  },
  has: [/1600000/],
});

sameOverLink("Expect: 100-continue, with nobody listening for it", {
  serve: () => createServer(echo),
  play: async (way) => {
    const call = way.call(head("POST /", "Content-Length: 4", "Expect: 100-continue"));
    await call.answer.until(({ heads }) => heads.includes("100"));
    call.body("body");
    call.end();
    return call.answer.over();
  },
  has: [/100 Continue/, /body/],
});
sameOverLink("Expect: 100-continue, by `checkContinue`: taken and refused", {
  serve: (log) =>
    createServer(() => log.add("request")).on("checkContinue", (request: IncomingMessage, response) => {
      log.add("checkContinue", request.url);
      if (request.url === "/no") {
        response.writeHead(417, { "Content-Length": 0 });
        response.end();
        return;
      }
      response.writeContinue();
      echo(request, response);
    }),
  play: async (way) => {
    const yes = way.call(head("POST /yes", "Content-Length: 4", "Expect: 100-continue"));
    await yes.answer.until(({ heads }) => heads.includes("100"));
    yes.body("body");
    yes.end();
    const no = way.call(head("POST /no", "Content-Length: 4", "Expect: 100-continue"));
    return [await yes.answer.over(), await no.answer.over()];
  },
  has: [/417/, /body/],
});
