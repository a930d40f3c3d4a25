import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Waits for a cause, not for a time: resolves when `condition` holds, looked at after each turn of the loop. */
export async function until(condition: () => boolean, what: string, withinMs = 10_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** One end of a connection that a test holds: what came, and what it says. */
export class TestPeer {
  readonly socket: Socket;
  received = "";
  receivedBytes = 0;
  ended = false;
  closed = false;
  error: NodeJS.ErrnoException | undefined;
  keepText = true;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.receivedBytes += chunk.length;
      if (this.keepText) this.received += chunk.toString("latin1");
    });
    socket.on("end", () => (this.ended = true));
    socket.on("error", (error) => (this.error = error));
    socket.on("close", () => (this.closed = true));
  }

  send(text: string | Buffer): void {
    if (typeof text === "string") this.socket.write(text, "latin1");
    else this.socket.write(text);
  }

  /** What has come up to and including `text`; it is taken off. */
  async take(text: string): Promise<string> {
    await until(
      () => this.received.includes(text) || this.closed,
      `${JSON.stringify(text)} in ${JSON.stringify(this.received.slice(-500))}`,
    );
    const at = this.received.indexOf(text);
    if (at === -1)
      throw new Error(`closed without ${JSON.stringify(text)}: ${JSON.stringify(this.received)}`);
    const taken = this.received.slice(0, at + text.length);
    this.received = this.received.slice(at + text.length);
    return taken;
  }

  head(): Promise<string> {
    return this.take("\r\n\r\n");
  }

  /** A whole message with Content-Length or none. */
  async message(): Promise<{ head: string; body: string }> {
    const head = await this.head();
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    await until(() => this.received.length >= length || this.closed, `${length} bytes of body`);
    const body = this.received.slice(0, length);
    this.received = this.received.slice(length);
    return { head, body };
  }

  async gone(): Promise<void> {
    await until(() => this.closed || this.ended, "the end of the connection");
  }

  close(): void {
    this.socket.destroy();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** A worker of which the test says every byte. */
export class TestWorker {
  readonly server: Server;
  readonly connections: TestPeer[] = [];
  /** What to do with a new connection, besides noting it. */
  onConnection: (peer: TestPeer) => void = () => {};
  stopped = false;
  /** Requests to be swallowed by `answerAll`. */
  mute: (head: string) => boolean = () => false;
  #answer = "";
  #taken = 0;

  constructor() {
    this.server = createServer({ noDelay: true }, (socket) => {
      const peer = new TestPeer(socket);
      this.connections.push(peer);
      this.onConnection(peer);
    });
  }

  async listen(port = 0): Promise<this> {
    this.server.listen(port, "127.0.0.1");
    await once(this.server, "listening");
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The next connection that has not been taken yet. */
  async connection(): Promise<TestPeer> {
    await until(() => this.connections.length > this.#taken, "a connection at the worker");
    const peer = this.connections[this.#taken];
    this.#taken += 1;
    if (peer === undefined) throw new Error("no connection");
    return peer;
  }

  /** Answers every request without a body with 200 and this text. */
  answerAll(body: string, fields = ""): this {
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
    this.onConnection = (peer) => {
      peer.socket.on("data", () => this.#answerWaiting(peer));
    };
    this.#answer = answer;
    return this;
  }

  /** As SIGSTOP does: the kernel accepts connections and bytes, and nothing answers. */
  stop(): void {
    this.stopped = true;
  }

  /** As SIGCONT does: what waits is answered now. */
  go(): void {
    this.stopped = false;
    for (const peer of this.connections) this.#answerWaiting(peer);
  }

  /** Requests that came and are not answered. */
  get waiting(): number {
    return this.connections.filter((peer) => !peer.closed && peer.received.includes("\r\n\r\n")).length;
  }

  #answerWaiting(peer: TestPeer): void {
    if (this.stopped) return;
    for (let at = peer.received.indexOf("\r\n\r\n"); at !== -1; at = peer.received.indexOf("\r\n\r\n")) {
      const head = peer.received.slice(0, at + 4);
      peer.received = peer.received.slice(at + 4);
      if (!this.mute(head)) peer.send(this.#answer);
    }
  }

  /** As kill -9 does: every connection is reset, nobody listens. */
  kill(): void {
    this.server.close();
    for (const peer of this.connections) peer.reset();
  }

  close(): void {
    this.server.close();
    for (const peer of this.connections) peer.close();
  }
}

/** `allowHalfOpen`: the other side's end is not answered by an own one. */
export async function connectTo(port: number, allowHalfOpen = false): Promise<TestPeer> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true, allowHalfOpen });
  const peer = new TestPeer(socket);
  await once(socket, "connect");
  return peer;
}
