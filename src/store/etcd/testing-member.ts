import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { TestContext } from "node:test";

export interface TestCall {
  path: string;
  body: Record<string, unknown>;
  token: string | undefined;
  hasLeader: string | undefined;
}

/** What a member does with a call: answers, answers never, or takes the request and cuts the connection. */
export type TestAnswer = { status?: number; json: unknown } | "never" | "cut" | "ended-stream";

/** Stands for a member of etcd: does with each call what the test says, and notes it. */
export class TestMember {
  readonly calls: TestCall[] = [];
  endpoint = "";
  answer: (call: TestCall) => TestAnswer = () => ({ json: {} });
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async start(t: TestContext): Promise<TestMember> {
    const member = new TestMember();
    member.#server.listen(0, "127.0.0.1");
    await once(member.#server, "listening");
    member.endpoint = `127.0.0.1:${(member.#server.address() as AddressInfo).port}`;
    t.after(() => member.end());
    return member;
  }

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  get connections(): number {
    return this.#sockets.size;
  }

  end(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const piece of request as AsyncIterable<Buffer>) text += piece.toString();
    const call: TestCall = {
      path: request.url ?? "",
      body: JSON.parse(text) as Record<string, unknown>,
      token: request.headers.authorization,
      hasLeader: request.headers["grpc-metadata-hasleader"] as string | undefined,
    };
    this.calls.push(call);
    const answer = this.answer(call);
    if (answer === "never") return;
    if (answer === "cut") return void request.socket.destroy();
    response.writeHead(answer === "ended-stream" ? 200 : (answer.status ?? 200));
    response.end(answer === "ended-stream" ? '{"result":{}}\n' : JSON.stringify(answer.json));
  }
}
