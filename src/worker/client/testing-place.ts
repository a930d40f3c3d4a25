import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TestContext } from "node:test";

/**
 * Of this process alone, where the system has more than one: else, while a place is gone, a test of another process may be given its
 * port, and answer.
 */
const ownHost =
  process.platform === "linux" ? `127.1.${(process.pid >> 8) & 255}.${process.pid & 255}` : "127.0.0.1";

/** A gateway or worker for the tests of the client: a server that can go, come back, and fall silent. */
export class TestingPlace {
  readonly asked: { method: string; url: string; body: string; type: string | undefined }[] = [];
  connections = 0;
  /** Takes connections and says nothing, as a stopped process does. */
  silent = false;
  answer: RequestListener = (_request, response) => void response.end(this.name);
  readonly name: string;
  readonly #files: { cert: string; key: string } | undefined;
  #server: Server | undefined;
  #port = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(t: TestContext, name: string, files?: { cert: string; key: string }) {
    this.name = name;
    this.#files = files;
    t.after(() => this.go());
  }

  /** `files`: of its certificate; without them it speaks in clear. */
  static async start(
    t: TestContext,
    name: string,
    files?: { cert: string; key: string },
  ): Promise<TestingPlace> {
    const place = new TestingPlace(t, name, files);
    await place.come();
    return place;
  }

  get port(): number {
    return this.#port;
  }

  /** Certificates are for 127.0.0.1. */
  get host(): string {
    return this.#files === undefined ? ownHost : "127.0.0.1";
  }

  get address(): string {
    return `${this.host}:${this.#port}`;
  }

  async come(): Promise<void> {
    const server = this.#made((request, response) => {
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
    server.listen(this.#port, this.host);
    await once(server, "listening");
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  #made(listener: RequestListener): Server {
    const files = this.#files;
    if (files === undefined) return createServer(listener);
    return createSecureServer({ cert: readFileSync(files.cert), key: readFileSync(files.key) }, listener);
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
