import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { TableWorker } from "../../src/protocol/routing-table.ts";
import { startTestProxy, type TestProxy } from "../../src/proxy/testing-proxy.ts";
import { type Clock, systemClock } from "../../src/runtime/clock.ts";
import { testWorkerRow, type TestTableParts } from "../../src/proxy/testing-table.ts";

/** A worker as its user writes it: a server of node:http. */
export interface ServedWorker {
  readonly server: Server;
  /** By which a proxy's table knows it. */
  readonly row: TableWorker;
  /** Connections of proxies that are open at its end. */
  connections(): number;
  /** Closes its idle connections at this moment, as its keep-alive timer would. */
  closeIdle(): void;
  /** As kill -9 does: every connection is reset, and nobody listens any more. */
  kill(): void;
}

/** A way in which proxies reach workers. What never leaks and never sticks over one must not over any other. */
export interface Transport {
  readonly name: string;
  serve(context: TestContext, server: Server): Promise<ServedWorker>;
}

const http1: Transport = {
  name: "http1",
  async serve(context, server) {
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const kill = (): void => {
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
    };
    context.after(kill);
    return {
      server,
      row: testWorkerRow((server.address() as AddressInfo).port),
      connections: () => sockets.size,
      closeIdle: () => server.closeIdleConnections(),
      kill,
    };
  },
};

const transports: readonly Transport[] = [http1];

/** One test for each transport. */
export function overEach(
  title: string,
  run: (context: TestContext, transport: Transport) => Promise<void>,
): void {
  for (const transport of transports) {
    void test(`${title} (${transport.name})`, async (context) => await run(context, transport));
  }
}

/** A proxy before one worker that does this. */
export async function proxyBefore(
  context: TestContext,
  transport: Transport,
  handler: RequestListener,
  parts: TestTableParts = {},
  clock: Clock = systemClock,
): Promise<TestProxy & { served: ServedWorker }> {
  const proxy = await startTestProxy(context, clock);
  const worker = await transport.serve(context, createServer(handler));
  proxy.table({ ...parts, workers: [worker.row] });
  return { ...proxy, served: worker };
}
