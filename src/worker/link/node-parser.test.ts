import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { test } from "node:test";
import { NodeParser } from "./node-parser.ts";
import { LinkDialer } from "./testing-dialer.ts";
import { head, listenerFor, listening } from "./testing-service.ts";

type Parser = Record<number | string, unknown>;

/** Servers of a Node whose parser is not as we know it: its sockets are told to us before NodeParser looks. */
const unknown: [name: string, change: (parser: Parser) => void][] = [
  ["has other names", (parser) => (parser[2] = (...all: unknown[]) => call(parser, 2, all))],
  ["has other slots", (parser) => (parser[9] = parser[3])],
  ["has no callback", (parser) => delete parser["onIncoming"]],
  ["is not there", () => undefined],
];

const originals = new WeakMap<Parser, Parser>();

function call(parser: Parser, slot: number, all: unknown[]): unknown {
  return (originals.get(parser)![slot] as (...all: unknown[]) => unknown).apply(parser, all);
}

test("a parser that is not as we know it is left alone", () => {
  for (const [name, change] of unknown) {
    const parser: Parser = { execute() {}, onIncoming() {} };
    const functions = {
      1: function parserOnHeaders() {},
      2: function parserOnHeadersComplete() {},
      3: function parserOnBody() {},
      4: function parserOnMessageComplete() {},
    };
    Object.assign(parser, functions);
    assert.ok(NodeParser.of({ parser } as unknown as Socket) !== undefined);
    Object.assign(parser, functions, { onIncoming() {} });
    change(parser);
    if (name === "has other slots") delete parser[3];
    const socket = (name === "is not there" ? {} : { parser }) as unknown as Socket;
    assert.equal(NodeParser.of(socket), undefined, name);
  }
});

test("this Node's is known", async (t) => {
  const server = createServer();
  let found: NodeParser | undefined;
  server.on("connection", (socket: Socket) => (found = NodeParser.of(socket)));
  await listening(t, server);
  const dialer = await LinkDialer.dial(listenerFor(t, server, "sockets").address);
  t.after(() => dialer.close());
  server.on("request", (_request, response) => response.end());
  await dialer.get("/").whole();
  assert.ok(found !== undefined);
});

test("with a parser that is not known, requests are told as text", async (t) => {
  const server: Server = createServer((request, response) => {
    let text = "";
    request.on("data", (bytes: Buffer) => (text += bytes.toString()));
    request.on("end", () => response.end(`${request.method} ${request.url} ${text}`));
  });
  server.on("connection", (socket: Socket & { parser?: Parser }) => {
    const { parser } = socket;
    if (parser === undefined || originals.has(parser)) return;
    originals.set(parser, { ...parser });
    parser[3] = (...all: unknown[]) => call(parser, 3, all);
  });
  await listening(t, server);
  const dialer = await LinkDialer.dial(listenerFor(t, server).address);
  t.after(() => dialer.close());
  for (let n = 0; n < 3; n += 1) {
    assert.match(await dialer.get(`/${n}`).whole(), new RegExp(`GET /${n} $`));
    assert.match(await dialer.post("/p", "body").whole(), /POST \/p body$/);
    const chunked = dialer.request(head("PUT /c", "Transfer-Encoding: chunked"), false);
    chunked.body("in ");
    chunked.body("pieces", true);
    assert.match(await chunked.whole(), /PUT \/c in pieces$/);
  }
});
