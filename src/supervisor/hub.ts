import { chmodSync, existsSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { ChildFrame, SupervisorCommand, SupervisorFrame } from "../protocol/supervision.ts";
import { encodeLine, JsonLines } from "../runtime/json-lines.ts";

const connectionsMax = 256;
/** A peer that does not read: more than this waiting for it breaks the connection. */
const waitingBytesMax = 32 * 1024 * 1024;

export interface HubHandlers {
  hello(hello: ChildFrame & { t: "hello" }, connection: HubConnection): void;
  /** From a connection that said hello. */
  frame(frame: ChildFrame, connection: HubConnection): void;
  command(command: SupervisorCommand, reply: (frame: SupervisorFrame) => void): void;
  closed(connection: HubConnection): void;
}

export class HubConnection {
  /** Of the child that said hello. */
  pid: number | null = null;
  name: string | null = null;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send(frame: SupervisorFrame): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(encodeLine(frame));
    if (this.#socket.writableLength > waitingBytesMax) this.#socket.destroy();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The unix socket where children and operators meet the supervisor. */
export class Hub {
  readonly #path: string;
  readonly #handlers: HubHandlers;
  #server: Server;
  readonly #connections = new Map<Socket, HubConnection>();

  constructor(path: string, handlers: HubHandlers) {
    this.#path = path;
    this.#handlers = handlers;
    this.#server = this.#createServer();
  }

  #createServer(): Server {
    const server = createServer((socket) => this.#welcome(socket));
    server.maxConnections = connectionsMax;
    return server;
  }

  /** The caller holds the lock: a socket file that is there belongs to nobody. */
  async listen(): Promise<void> {
    rmSync(this.#path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#path, () => resolve());
    });
    this.#server.on("error", () => {});
    chmodSync(this.#path, 0o600);
  }

  /** The socket file can be lost (cleaned away with a temporary directory): then nobody finds this process. */
  async listenAgainIfLost(): Promise<void> {
    if (existsSync(this.#path)) return;
    this.#server.close();
    this.#server = this.#createServer();
    await this.listen();
  }

  /** Stops listening, removes the socket file and lets the children go. Operators still get their answers. */
  close(): void {
    this.#server.close();
    this.dropChildren();
  }

  dropChildren(): void {
    for (const connection of this.#connections.values()) if (connection.name !== null) connection.close();
  }

  /** Every answer that was given still arrives. */
  dropOperators(): void {
    for (const socket of this.#connections.keys()) socket.end();
  }

  #welcome(socket: Socket): void {
    const connection = new HubConnection(socket);
    // As long as any line here may be: what a proxy tells of a thousand certificates is long, and only this user connects.
    const lines = new JsonLines();
    this.#connections.set(socket, connection);
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const value of lines.push(chunk)) this.#take(value as ChildFrame, connection);
      } catch {
        socket.destroy();
      }
    });
    // Always followed by `close`.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#connections.delete(socket);
      this.#handlers.closed(connection);
    });
  }

  #take(frame: ChildFrame, connection: HubConnection): void {
    if (frame.t === "command") {
      this.#handlers.command(frame.command, (reply) => connection.send(reply));
    } else if (frame.t === "hello") {
      connection.pid = frame.pid;
      connection.name = frame.name;
      this.#handlers.hello(frame, connection);
    } else if (connection.name !== null) {
      this.#handlers.frame(frame, connection);
    }
  }
}
