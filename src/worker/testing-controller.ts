import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { ControllerFrame, WorkerFrame } from "../protocol/session.ts";
import { newInstanceId } from "../runtime/random.ts";

export type Hello = Extract<WorkerFrame, { t: "hello" }>;

interface Heard {
  session: TestingSession;
  frame: WorkerFrame;
  atMs: number;
}

export interface TestingSession {
  hello: Hello | undefined;
  open: boolean;
  send(frame: ControllerFrame): void;
  /** As a controller that is killed: the socket ends without a word. */
  destroy(): void;
}

/** A controller for tests that speaks protocol/session.ts over a real socket and writes down what it hears. */
export class TestingController {
  readonly name = newInstanceId();
  readonly heard: Heard[] = [];
  readonly sessions: TestingSession[] = [];
  /** Told in every welcome. Default: this controller alone. */
  controllers: string[] = [];
  term = 1;
  generation = 1;
  /** Instead of a welcome. */
  refusal: Extract<ControllerFrame, { t: "refused" }> | undefined;
  /** Called before `draining` is answered; the answer follows when it resolves. */
  beforeDraining: () => Promise<void> = async () => undefined;
  readonly #secure: boolean;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #waiting = new Set<() => void>();

  private constructor(tls: { cert: string; key: string } | undefined) {
    this.#secure = tls !== undefined;
    const nothing: RequestListener = (_request, response) => void response.writeHead(404).end();
    this.#server = tls === undefined ? createServer(nothing) : createSecureServer(tls, nothing);
    this.#sockets = new WebSocketServer({ server: this.#server, path: "/v1/session" });
    this.#sockets.on("connection", (socket) => this.#accept(socket));
  }

  /** Listens on `port` of loopback; 0: any. Tells of `controllers`, by default of itself alone. `tls`: PEM texts. */
  static async start(
    port = 0,
    controllers?: string[],
    tls?: { cert: string; key: string },
  ): Promise<TestingController> {
    const controller = new TestingController(tls);
    await new Promise<void>((resolve, reject) => {
      controller.#server.once("error", reject);
      controller.#server.listen(port, "127.0.0.1", resolve);
    });
    controller.controllers = controllers ?? [controller.url];
    return controller;
  }

  get url(): string {
    return `${this.#secure ? "https" : "http"}://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Sessions that are open now. */
  get open(): TestingSession[] {
    return this.sessions.filter((session) => session.open);
  }

  /** The first frame heard that fits, past or coming. The test's own deadline ends the wait. */
  async hear<T extends WorkerFrame["t"]>(
    kind: T,
    fits: (frame: Extract<WorkerFrame, { t: T }>) => boolean = () => true,
  ): Promise<Extract<WorkerFrame, { t: T }>> {
    const isIt = (frame: WorkerFrame): frame is Extract<WorkerFrame, { t: T }> =>
      frame.t === kind && fits(frame as Extract<WorkerFrame, { t: T }>);
    await this.until(() => this.heard.some(({ frame }) => isIt(frame)));
    const found = this.heard.map(({ frame }) => frame).find(isIt);
    if (found === undefined) throw new Error("unreachable: the condition held");
    return found;
  }

  /** Resolves when `condition` holds; looked at after everything that happens here. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }

  /**
   * Kinds of frames in the order in which they came, without beats; each once for one life of a worker, whose first
   * contact and watch thread both speak for it.
   */
  get kinds(): string[] {
    const said = new Set<string>();
    return this.heard.flatMap(({ session, frame }) => {
      const once = `${session.hello?.instance} ${frame.t}`;
      if (frame.t === "beat" || said.has(once)) return [];
      said.add(once);
      return [frame.t];
    });
  }

  /** The hellos, one for each life of a worker. */
  get lives(): Hello[] {
    const hellos = this.sessions.map((session) => session.hello).filter((hello) => hello !== undefined);
    return [...new Map(hellos.map((hello) => [hello.instance, hello])).values()];
  }

  async close(): Promise<void> {
    for (const session of this.open) session.destroy();
    await new Promise<void>((resolve) => {
      this.#sockets.close();
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #accept(socket: WebSocket): void {
    const session: TestingSession = {
      hello: undefined,
      open: true,
      send: (frame) => socket.send(JSON.stringify(frame)),
      destroy: () => socket.terminate(),
    };
    this.sessions.push(session);
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      session.open = false;
      this.#look();
    });
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as WorkerFrame;
      if (frame.t === "hello") session.hello = frame;
      this.heard.push({ session, frame, atMs: Number(process.hrtime.bigint()) / 1e6 });
      this.#answer(session, frame);
      this.#look();
    });
    this.#look();
  }

  #answer(session: TestingSession, frame: WorkerFrame): void {
    if (frame.t === "drain") void this.beforeDraining().then(() => session.send({ t: "draining" }));
    if (frame.t !== "hello") return;
    session.send(
      this.refusal ?? {
        t: "welcome",
        v: 1,
        controller: this.name,
        url: this.url,
        term: this.term,
        generation: frame.generation ?? this.generation,
        heartbeatEveryMs: 200,
        ttlMs: 3000,
        desired: "serve",
        controllers: this.controllers,
      },
    );
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }
}
