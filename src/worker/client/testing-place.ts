import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { TestContext } from "node:test";

/** A gateway or worker for the tests of the client: a server that can go, come back, and fall silent. */
export class TestingPlace {
  readonly asked: { method: string; url: string; body: string; type: string | undefined }[] = [];
  connections = 0;
  /** Takes connections and says nothing, as a stopped process does. */
  silent = false;
  answer: RequestListener = (_request, response) => void response.end(this.name);
  readonly name: string;
  #server: Server | undefined;
  #port = 0;
  readonly #sockets = new Set<Socket>();

  constructor(t: TestContext, name: string) {
    this.name = name;
    t.after(() => this.go());
  }

  static async start(t: TestContext, name: string): Promise<TestingPlace> {
    const place = new TestingPlace(t, name);
    await place.come();
    return place;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async come(): Promise<void> {
    const server = createServer((request, response) => {
      if (this.silent) return;
      // A client's question whether somebody lives.
      if (request.url === "*") return void response.end();
      let body = "";
      request.setEncoding("utf8");
      request.on("data", (text: string) => (body += text));
      request.on("error", () => {});
      request.on("end", () => {
        const { method = "", url = "" } = request;
        this.asked.push({ method, url, body, type: request.headers["content-type"] });
        this.answer(request, response);
      });
    });
    server.on("connection", (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** As by kill -9: the port refuses, what was open is reset. */
  go(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}

/** An answer that a gateway makes itself. */
export function problemOf(status: number, code: string): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/problem+json", "x-skein-reason": code });
    response.end(JSON.stringify({ status, code }));
  };
}
