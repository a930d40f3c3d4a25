import assert from "node:assert/strict";
import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { AnswerParser, BodyReader, RequestParser } from "../../http1/http1.ts";
import { cancelCause } from "../../link/link.ts";
import { systemClock } from "../../runtime/clock.ts";
import { newSharedLoad, sharedLoadIn } from "../shared-load.ts";
import { LinkListener } from "./link-listener.ts";
import type { LinkFeed } from "./service-side.ts";
import { LinkDialer } from "./testing-dialer.ts";

const limits = { headBytesMax: 65_536, fieldsMax: 200, targetBytesMax: 8_192 };
/** What differs from one connection to the next, or says how long it is kept. */
const ofTheConnection = /^(date|connection|keep-alive):.*\r\n/gim;

/** What a service noted, in its order. */
export class Log {
  readonly entries: string[] = [];
  #waiting: (() => void)[] = [];

  add(...words: unknown[]): void {
    this.entries.push(words.map(String).join(" "));
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async until(entry: string): Promise<void> {
    while (!this.entries.includes(entry)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/** An answer as it comes, from whatever carries it. */
export class Answer {
  /** Of the final one and those before it, without what is of the connection only. */
  heads = "";
  body = "";
  trailers = "";
  state: "open" | "whole" | "cut" | "tunnel" | "closed" = "open";
  readonly #method: string;
  readonly #parser = new AnswerParser(limits);
  readonly #reader = new BodyReader("badAnswer");
  #inBody = false;
  #waiting: (() => void)[] = [];

  constructor(method: string) {
    this.#method = method;
    this.#parser.next(method);
  }

  take(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && this.state === "open") {
      at = this.#inBody ? this.#readBody(bytes, at) : this.#readHead(bytes, at);
    }
    if (this.state === "tunnel") this.body += bytes.subarray(at).toString("latin1");
    this.#wake();
  }

  /** Nothing more comes. */
  end(): void {
    if (this.state === "open") this.state = this.#inBody && this.#reader.end() ? "whole" : "cut";
    if (this.state === "tunnel") this.state = "closed";
    this.#wake();
  }

  /** Until so much of it is there, or nothing more comes. */
  async until(holds: (answer: this) => boolean): Promise<this> {
    while (!holds(this) && (this.state === "open" || this.state === "tunnel")) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this;
  }

  async over(): Promise<string> {
    await this.until(() => false);
    return this.text;
  }

  get text(): string {
    return `${this.heads}${this.body}${this.trailers}[${this.state}]`;
  }

  #readHead(bytes: Buffer, from: number): number {
    const parser = this.#parser;
    const at = parser.push(bytes, from, bytes.length);
    if (parser.failure !== undefined) throw new Error(parser.failure.detail);
    if (parser.state !== "complete") return at;
    this.heads += parser.text.replace(ofTheConnection, "");
    if (parser.status === 101) this.state = "tunnel";
    else if (parser.informational) parser.next(this.#method);
    else {
      this.#inBody = true;
      this.#reader.begin(parser.framing, parser.contentLength);
      if (this.#reader.done) this.state = "whole";
    }
    return at;
  }

  #readBody(bytes: Buffer, from: number): number {
    const reader = this.#reader;
    const at = reader.read(bytes, from, bytes.length);
    assert.equal(reader.failure, undefined);
    this.body += bytes.toString("latin1", reader.from, reader.to);
    if (reader.done) {
      this.trailers = reader.trailers;
      this.state = "whole";
    }
    return at;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** One request on its way to a service. */
export interface Call {
  readonly answer: Answer;
  body(text: string | Buffer): void;
  /** The request is whole. */
  end(trailers?: string): void;
  /** Says nothing more, and still listens: for tunnels. */
  finish(): void;
  /** Nobody wants the answer any more. */
  abort(): void;
  /** Reads no more of the answer, or again. */
  reads(on: boolean): void;
}

/** How requests come to a service. */
export interface Way {
  readonly name: string;
  /** With `body` the request is whole. */
  call(head: string, body?: string): Call;
  /** The connection of all calls goes away, where they share one. */
  close(): void;
}

export function head(start: string, ...fields: string[]): string {
  return `${[`${start} HTTP/1.1`, "Host: test", ...fields].join("\r\n")}\r\n\r\n`;
}

function methodAndFraming(text: string): { method: string; chunked: boolean } {
  const parser = new RequestParser(limits);
  const bytes = Buffer.from(text, "latin1");
  parser.push(bytes, 0, bytes.length);
  return { method: text.slice(0, text.indexOf(" ")), chunked: parser.framing === "chunked" };
}

class SocketCall implements Call {
  readonly answer: Answer;
  readonly #socket: Socket;
  readonly #chunked: boolean;

  constructor(port: number, text: string) {
    const { method, chunked } = methodAndFraming(text);
    this.answer = new Answer(method);
    this.#chunked = chunked;
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    this.#socket.on("data", (bytes: Buffer) => this.answer.take(bytes));
    this.#socket.on("error", () => undefined);
    this.#socket.on("end", () => this.answer.end());
    this.#socket.on("close", () => this.answer.end());
    this.#socket.write(text, "latin1");
  }

  body(text: string | Buffer): void {
    const bytes = Buffer.from(text as string);
    if (this.#chunked) this.#socket.write(`${bytes.length.toString(16)}\r\n`);
    this.#socket.write(bytes);
    if (this.#chunked) this.#socket.write("\r\n");
  }

  end(trailers = ""): void {
    if (this.#chunked) this.#socket.write(`0\r\n${trailers}\r\n`);
  }

  finish(): void {
    this.#socket.end();
  }

  abort(): void {
    this.#socket.destroy();
  }

  reads(on: boolean): void {
    if (on) this.#socket.resume();
    else this.#socket.pause();
  }
}

/** HTTP/1.1 over TCP, a connection for each request: what the others are compared with. */
class SocketWay implements Way {
  readonly name = "sockets of its own";
  readonly #port: number;
  readonly #calls: SocketCall[] = [];

  constructor(server: Server) {
    this.#port = (server.address() as AddressInfo).port;
  }

  call(text: string, body?: string): Call {
    const call = new SocketCall(this.#port, text);
    this.#calls.push(call);
    if (body !== undefined && body !== "") call.body(body);
    if (body !== undefined) call.end();
    return call;
  }

  close(): void {
    for (const call of this.#calls) call.abort();
  }
}

class LinkCall implements Call {
  readonly answer: Answer;
  readonly #dialer: LinkDialer;
  readonly #id: number;
  #aborted = false;

  constructor(dialer: LinkDialer, text: string, whole: boolean) {
    this.answer = new Answer(methodAndFraming(text).method);
    this.#dialer = dialer;
    const stream = dialer.request(text, whole);
    this.#id = stream.id;
    stream.told = (bytes) => this.answer.take(bytes);
    void stream.until(() => false).then(() => this.answer.end());
  }

  body(text: string | Buffer): void {
    this.#dialer.streams.get(this.#id)?.body(text);
  }

  end(trailers = ""): void {
    const stream = this.#dialer.streams.get(this.#id);
    if (trailers === "") stream?.body("", true);
    else stream?.trailers(trailers);
  }

  finish(): void {
    this.end();
  }

  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    // As a proxy does: what the client of a tunnel said last is still heard.
    const { closed, aborted } = cancelCause;
    this.#dialer.streams.get(this.#id)?.cancel(this.answer.state === "tunnel" ? closed : aborted);
    this.answer.end();
  }

  reads(on: boolean): void {
    this.#dialer.streams.get(this.#id)?.read(on);
  }
}

class LinkWay implements Way {
  readonly name: string;
  readonly #dialer: LinkDialer;

  constructor(name: string, dialer: LinkDialer) {
    this.name = name;
    this.#dialer = dialer;
  }

  call(text: string, body?: string): Call {
    const call = new LinkCall(this.#dialer, text, body === "");
    if (body !== undefined && body !== "") {
      call.body(body);
      call.end();
    }
    return call;
  }

  close(): void {
    this.#dialer.close();
  }
}

/** Lets links to a server come in, until the test is over. */
export function listenerFor(t: TestContext, server: Server, feed: LinkFeed = "requests"): LinkListener {
  const listener = LinkListener.at(server, feed, sharedLoadIn(newSharedLoad()), systemClock);
  assert.ok(listener !== undefined);
  t.after(() => listener.close());
  return listener;
}

export async function listening(t: TestContext, server: Server): Promise<Server> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return server;
}

export const waysNames = ["tcp", "requests", "sockets"] as const;

export async function wayTo(t: TestContext, server: Server, name: (typeof waysNames)[number]): Promise<Way> {
  if (name === "tcp") return new SocketWay(server);
  const dialer = await LinkDialer.dial(listenerFor(t, server, name).address);
  t.after(() => dialer.close());
  return new LinkWay(`link, ${name}`, dialer);
}

export interface Scenario {
  /** A new service; it notes what it sees. */
  serve(log: Log): Server;
  /** The client's part; gives what came back. */
  play(way: Way, log: Log): Promise<unknown>;
  /** What the transcript must have, so that the comparison compares something. */
  has: RegExp[];
  /** Only fed as requests, for this reason. */
  notAsSockets?: string;
}

/**
 * Plays a scenario over connections of its own and over a link, fed in both manners: the service must see the same, and
 * the client must get the same.
 */
export function sameOverLink(name: string, scenario: Scenario): void {
  void test(name, async (t) => {
    const expected = await transcript(t, scenario, "tcp");
    for (const has of scenario.has) assert.match(JSON.stringify(expected), has);
    for (const way of ["requests", "sockets"] as const) {
      const skip = way === "sockets" ? scenario.notAsSockets : undefined;
      await t.test(`over a link, fed as ${way}`, skip === undefined ? {} : { skip }, async (t) => {
        assert.deepEqual(await transcript(t, scenario, way), expected);
      });
    }
  });
}

async function transcript(
  t: TestContext,
  scenario: Scenario,
  name: (typeof waysNames)[number],
): Promise<{ seen: string[]; got: unknown }> {
  const log = new Log();
  const server = await listening(t, scenario.serve(log));
  const way = await wayTo(t, server, name);
  const got = await scenario.play(way, log);
  return { seen: [...log.entries], got };
}
