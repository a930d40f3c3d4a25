import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { TestContext } from "node:test";

/** What becomes of one request on its way to etcd. */
export type Fate =
  | "pass"
  /** The connection is cut, and etcd never sees it. */
  | "cut-before"
  /** etcd does it, and the connection is cut instead of the answer. */
  | "cut-after"
  /** etcd does it, and nobody answers. */
  | "silent-after"
  /** It lies on the way until `release`; nobody answers. */
  | "hold";

export interface Passing {
  path: string;
  body: string;
}

/** A relay in front of a member, which does with each request what the test says. */
export class Relay {
  endpoint = "";
  fate: (passing: Passing) => Fate = () => "pass";
  /** Neither requests nor streams get through any more, and nobody is told. */
  dark = false;
  readonly passed: string[] = [];
  readonly #target: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #held: (() => Promise<unknown>)[] = [];

  static async start(t: TestContext, target: string): Promise<Relay> {
    const relay = new Relay(target);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    relay.endpoint = `127.0.0.1:${(relay.#server.address() as AddressInfo).port}`;
    t.after(() => relay.end());
    return relay;
  }

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => void this.#take(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  end(): void {
    this.#server.close();
    this.cut();
  }

  /** Cuts every connection that stands. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** What was held arrives now. */
  async release(): Promise<void> {
    for (const send of this.#held.splice(0)) await send();
  }

  get held(): number {
    return this.#held.length;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    const body = await textOf(request);
    if (this.dark) return;
    const fate = this.fate({ path, body });
    if (fate === "cut-before") return void request.socket.destroy();
    this.passed.push(path);
    if (path === "/v3/watch") return this.#stream(path, body, request, response);
    const send = (): Promise<Answer> => this.#forward(path, body, request);
    if (fate === "hold") return void this.#held.push(send);
    try {
      const answer = await send();
      if (this.dark || fate === "silent-after") return;
      if (fate === "cut-after") return void request.socket.destroy();
      response.writeHead(answer.status);
      response.end(answer.text);
    } catch {
      request.socket.destroy();
    }
  }

  async #forward(path: string, body: string, from: IncomingMessage): Promise<Answer> {
    const upstream = httpRequest(`http://${this.#target}${path}`, {
      method: "POST",
      headers: headersOf(from),
    });
    upstream.end(body);
    const [answer] = (await once(upstream, "response")) as [IncomingMessage];
    return { status: answer.statusCode ?? 0, text: await textOf(answer) };
  }

  #stream(path: string, body: string, from: IncomingMessage, response: ServerResponse): void {
    const upstream = httpRequest(`http://${this.#target}${path}`, {
      method: "POST",
      headers: headersOf(from),
    });
    upstream.on("error", () => response.destroy());
    response.on("close", () => upstream.destroy());
    upstream.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 0);
      answer.on("data", (piece: Buffer) => {
        if (!this.dark) response.write(piece);
      });
      answer.on("error", () => response.destroy());
      answer.on("end", () => response.end());
    });
    upstream.end(body);
  }
}

interface Answer {
  status: number;
  text: string;
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const kept = ["content-type", "authorization", "grpc-metadata-hasleader"];
  return Object.fromEntries(
    kept.flatMap((name) => (typeof headers[name] === "string" ? [[name, headers[name]]] : [])),
  );
}

async function textOf(message: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of message as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

/** Whether a request is a transaction that puts this key. */
export function puts(passing: Passing, key: string): boolean {
  return (
    passing.path === "/v3/kv/txn" &&
    passing.body.includes(`"request_put":{"key":"${Buffer.from(key).toString("base64")}"`)
  );
}
