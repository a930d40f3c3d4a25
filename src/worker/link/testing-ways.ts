import assert from "node:assert/strict";
import type { Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { RequestParser } from "../../http1/http1.ts";
import { cancelCause } from "../../link/link.ts";
import { Answer } from "./testing-answer.ts";
import { LinkDialer } from "./testing-dialer.ts";
import { listenerFor, listening, Log } from "./testing-service.ts";

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

const limits = { headBytesMax: 65_536, fieldsMax: 200, targetBytesMax: 8_192 };

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
