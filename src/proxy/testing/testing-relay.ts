import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** One connection on its way: the proxy's end and the worker's. */
export interface RelayedConnection {
  readonly near: Socket;
  readonly far: Socket;
  /** As they passed, in this direction. */
  readonly toWorker: Buffer[];
  readonly toProxy: Buffer[];
}

/** Somebody between a proxy and a worker: sees every byte, and may hold back, end and change what passes. */
export class TestRelay {
  readonly connections: RelayedConnection[] = [];
  /** Nothing passes any more, of connections that are there and of new ones. */
  holds = false;
  readonly #server: Server;

  private constructor(port: number) {
    this.#server = createServer({ noDelay: true }, (near) => {
      const far = connect({ port, host: "127.0.0.1", noDelay: true });
      const connection: RelayedConnection = { near, far, toWorker: [], toProxy: [] };
      this.connections.push(connection);
      this.#carry(near, far, connection.toWorker);
      this.#carry(far, near, connection.toProxy);
    });
  }

  static async before(context: { after(fn: () => void): void }, port: number): Promise<TestRelay> {
    const relay = new TestRelay(port);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    context.after(() => relay.close());
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** All that passed, either way. */
  get seen(): string {
    const pieces = this.connections.flatMap(({ toWorker, toProxy }) => [...toWorker, ...toProxy]);
    return Buffer.concat(pieces).toString("latin1");
  }

  /** To the proxy every connection ends in order, to the worker nothing happens. */
  endTowardsProxy(): void {
    for (const { near } of this.connections) near.end();
  }

  close(): void {
    this.#server.close();
    for (const { near, far } of this.connections) {
      near.destroy();
      far.destroy();
    }
  }

  #carry(from: Socket, to: Socket, passed: Buffer[]): void {
    from.on("data", (chunk: Buffer) => {
      if (this.holds) return;
      passed.push(chunk);
      to.write(chunk);
    });
    from.on("error", () => undefined);
    from.on("end", () => void (this.holds || to.end()));
    from.on("close", () => void (this.holds || to.destroy()));
  }
}
