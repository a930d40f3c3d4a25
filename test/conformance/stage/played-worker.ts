import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import type { TableWorker } from "../../../src/protocol/routing-table.ts";
import { TestPeer } from "../../../src/proxy/testing/testing-peers.ts";
import type { TestProxy } from "../../../src/proxy/testing/testing-proxy.ts";
import { testWorkerRow } from "../../../src/proxy/testing/testing-table.ts";
import { plainRequests, type SeenRequest } from "./plain-requests.ts";
import { valuesOf } from "./plain-text.ts";

/** What the worker can say on the connection (or stream) on which a request came. */
export interface Voice {
  /** Bytes of an HTTP/1.1 answer, in these pieces. */
  say(pieces: readonly string[]): Promise<void>;
  /** No more is said to this request; of a connection that is nothing to tell. */
  done(): void;
  /** Ends the connection, or the stream. */
  end(): void;
  reset(): void;
}

/** A request as it comes in: told once when its head is there, once when it is whole, and perhaps both at once. */
export interface Arrival {
  request: SeenRequest;
  /** 0 for the first request that this worker got. */
  nth: number;
  moment: "head" | "whole";
  voice: Voice;
}

/**
 * The worker's part of a case. Whatever carries requests to workers can stand here: it must be reachable by `row`,
 * tell of each request, and let the bytes of the answer be said.
 */
export interface PlayedWorker {
  readonly row: TableWorker;
  /** On a connection requests follow each other; a stream carries one. */
  readonly carries: "connections" | "streams";
  /** Whatever must happen before requests come this way. */
  ready(gateway: TestProxy): Promise<void>;
  /** In the order in which their heads came; the same objects are not kept up to date: ask again. */
  requests(): SeenRequest[];
  /** What came that is no plain HTTP/1.1. */
  oddities(): string[];
  /** The connections that it was given, oldest first; none where it has streams. */
  connections(): { received: string; open: boolean }[];
  close(): void;
}

export type Answering = (arrival: Arrival) => void;

/** 200 with method and target as its body, so that nobody can take it for the answer to another request. */
export const answerPlainly: Answering = ({ request, moment, voice }) => {
  if (moment === "head") {
    const [expectation] = valuesOf(request.fields, "expect");
    if (expectation?.toLowerCase() === "100-continue") void voice.say(["HTTP/1.1 100 Continue\r\n\r\n"]);
    return;
  }
  const body = `${request.method} ${request.target}`;
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;
  void voice.say([request.method === "HEAD" ? head : head + body]).then(() => voice.done());
};

interface Told {
  connection: TestPeer;
  index: number;
}

/** A worker on a socket of its own, read by `plainRequests`. */
export class SocketWorker implements PlayedWorker {
  readonly carries = "connections";
  readonly #server: Server;
  readonly #answering: Answering;
  readonly #peers: TestPeer[] = [];
  readonly #heads: Told[] = [];
  readonly #wholes = new Map<TestPeer, number>();

  constructor(answering: Answering) {
    this.#answering = answering;
    this.#server = createServer({ noDelay: true }, (socket) => {
      const peer = new TestPeer(socket);
      this.#peers.push(peer);
      this.#wholes.set(peer, 0);
      socket.on("data", () => this.#look(peer));
    });
  }

  async listen(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get row(): TableWorker {
    return testWorkerRow(this.port);
  }

  async ready(): Promise<void> {}

  requests(): SeenRequest[] {
    return this.#heads.map(({ connection, index }) => plainRequests(connection.received).requests[index]!);
  }

  oddities(): string[] {
    return this.#peers.map((peer) => plainRequests(peer.received).odd).filter((odd) => odd !== "");
  }

  connections(): { received: string; open: boolean }[] {
    return this.#peers.map((peer) => ({ received: peer.received, open: !peer.closed && !peer.ended }));
  }

  #look(connection: TestPeer): void {
    const { requests, odd } = plainRequests(connection.received);
    const voice = voiceOf(connection);
    const known = this.#heads.filter((told) => told.connection === connection).length;
    for (const [index, request] of requests.entries()) {
      if (index >= known) this.#heads.push({ connection, index });
      const nth = this.#heads.findIndex((told) => told.connection === connection && told.index === index);
      if (index >= known) this.#answering({ request, nth, moment: "head", voice });
      if (!request.whole || index < this.#wholes.get(connection)!) continue;
      this.#wholes.set(connection, index + 1);
      this.#answering({ request, nth, moment: "whole", voice });
    }
    if (odd !== "") connection.socket.end("HTTP/1.1 400 Not Plain\r\nContent-Length: 0\r\n\r\n");
  }

  close(): void {
    this.#server.close();
    for (const peer of this.#peers) peer.close();
  }
}

function voiceOf(peer: TestPeer): Voice {
  return {
    async say(pieces) {
      for (const piece of pieces) {
        if (peer.closed) return;
        peer.send(piece);
        if (pieces.length > 1) await new Promise((resolve) => setImmediate(resolve));
      }
    },
    done() {},
    end: () => peer.socket.end(),
    reset: () => peer.reset(),
  };
}
