import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import {
  type AddressInfo,
  createServer as createDoor,
  type Server as NetServer,
  type Socket,
} from "node:net";
import { type TestContext, test } from "node:test";
import type { TableWorker } from "../../src/protocol/routing-table.ts";
import type { Proxy } from "../../src/proxy/proxy.ts";
import { untilLinked } from "../../src/proxy/testing/testing-linked.ts";
import { startTestProxy, type TestProxy } from "../../src/proxy/testing/testing-proxy.ts";
import { unseal } from "../../src/runtime/seal.ts";
import { type Clock, systemClock } from "../../src/runtime/clock.ts";
import { testWorkerRow, type TestTableParts } from "../../src/proxy/testing/testing-table.ts";
import { LinkListener } from "../../src/worker/link/link-listener.ts";
import type { LinkFeed } from "../../src/worker/link/service-side.ts";
import { newSharedLoad, sharedLoadIn } from "../../src/worker/shared-load.ts";

/**
 * How a link ends: as when its process exits (the kernel ends it, or resets it where it has something unread), by a
 * reset, or by a worker that takes no more requests.
 */
export type LinkEnd = "destroyed" | "reset" | "closed";

export type WorkerEnd = "reset" | "destroyed";

/** A worker as its user writes it: a server of node:http. */
export interface ServedWorker {
  readonly server: Server;
  /** By which a proxy's table knows it. */
  readonly row: TableWorker;
  /** Connections of proxies that are open at its end. */
  connections(): number;
  /** Closes its idle connections at this moment, as its keep-alive timer would. */
  closeIdle(): void;
  /** Ends its links in this way at this moment, whatever is on them; where there are none, its connections. */
  closeLinks(how: LinkEnd): void;
  /** Every connection is reset, as kill -9 does, or ended; and nobody listens any more. */
  kill(how?: WorkerEnd): void;
}

/** A way in which proxies reach workers. What never leaks and never sticks over one must not over any other. */
export interface Transport {
  readonly name: string;
  /** Each request has a connection of its own, for as long as it lasts. */
  readonly ownConnections: boolean;
  serve(context: TestContext, server: Server): Promise<ServedWorker>;
  /** Resolves when the proxy reaches its workers in this way, and no longer in the one that serves until then. */
  ready(proxy: Proxy): Promise<void>;
}

/** Sockets that are accepted at a port, as long as they are open. */
function socketsAt(context: TestContext, port: number): Set<Socket> {
  const sockets = new Set<Socket>();
  const accepted = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    if (socket.localPort !== port) return;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  };
  subscribe("net.server.socket", accepted);
  context.after(() => void unsubscribe("net.server.socket", accepted));
  return sockets;
}

async function listening(server: NetServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const http1: Transport = {
  name: "http1",
  ownConnections: true,
  async serve(context, server) {
    const port = await listening(server);
    const sockets = socketsAt(context, port);
    const kill = (how: WorkerEnd = "reset"): void => {
      server.close();
      endAll(sockets, how);
    };
    context.after(() => kill());
    return {
      server,
      row: testWorkerRow(port),
      connections: () => sockets.size,
      closeIdle: () => server.closeIdleConnections(),
      closeLinks: (how) => endAll(sockets, how),
      kill,
    };
  },
  ready: async () => {},
};

function endAll(sockets: Iterable<Socket>, how: LinkEnd): void {
  for (const socket of sockets) {
    if (how === "reset") socket.resetAndDestroy();
    else socket.destroy();
  }
}

/** 127.0.0.1, spelt so that it does not say that it is this host: what goes there is encrypted. */
const asElsewhere = "[::ffff:127.0.0.1]";

/** HTTP/1.1 to a worker on another host that no link can be opened to. */
const sealedHttp1: Transport = {
  name: "http1, sealed",
  ownConnections: true,
  async serve(context, server) {
    const key = "5".repeat(64);
    const inClear = await listening(server);
    const door = sealedDoor(key, (stream) => server.emit("connection", stream));
    const port = await listening(door);
    const sockets = socketsAt(context, port);
    const kill = (how: WorkerEnd = "reset"): void => {
      server.close();
      door.close();
      endAll(sockets, how);
    };
    context.after(() => kill());
    const address = `${asElsewhere}:${inClear}`;
    const row = testWorkerRow(inClear, { address, link: { port, key, sealed: true } });
    return {
      server,
      row,
      connections: () => sockets.size,
      closeIdle: () => server.closeIdleConnections(),
      closeLinks: (how) => endAll(sockets, how),
      kill,
    };
  },
  ready: async () => {},
};

function sealedDoor(key: string, http: (stream: Socket) => void): NetServer {
  return createDoor((socket) => {
    socket.on("error", () => undefined);
    unseal(socket, key, (stream, protocol) => {
      if (protocol === "http/1.1") http(stream);
      else stream.destroy();
    });
  });
}

/** `feed`: how the link hands requests to the server. `sealed`: the worker is on another host. */
function link(feed: LinkFeed, sealed: boolean): Transport {
  return {
    name: `link, ${feed}${sealed ? ", sealed" : ""}`,
    ownConnections: false,
    async serve(context, server) {
      const port = await listening(server);
      const listener = LinkListener.at(server, feed, sharedLoadIn(newSharedLoad()), systemClock);
      assert.ok(listener !== undefined);
      const [plain, links] = [socketsAt(context, port), socketsAt(context, listener.address.port)];
      const kill = (how: WorkerEnd = "reset"): void => {
        server.close();
        endAll([...plain, ...links], how);
        listener.close();
      };
      context.after(() => kill());
      return {
        server,
        row: testWorkerRow(port, {
          link: listener.address,
          ...(sealed ? { address: `${asElsewhere}:${port}` } : {}),
        }),
        connections: () => plain.size + links.size,
        closeIdle: () => server.closeIdleConnections(),
        closeLinks(how) {
          if (how === "closed") listener.close();
          else endAll(links, how);
        },
        kill,
      };
    },
    ready: untilLinked,
  };
}

const transports: readonly Transport[] = [
  http1,
  sealedHttp1,
  link("requests", false),
  link("sockets", false),
  link("requests", true),
];

/** One test for each transport. */
export function overEach(
  title: string,
  run: (context: TestContext, transport: Transport) => Promise<void>,
): void {
  over(transports, title, run);
}

/** One test for each that is a link. */
export function overEachLink(
  title: string,
  run: (context: TestContext, transport: Transport) => Promise<void>,
): void {
  over(
    transports.filter(({ ownConnections }) => !ownConnections),
    title,
    run,
  );
}

function over(
  some: readonly Transport[],
  title: string,
  run: (context: TestContext, transport: Transport) => Promise<void>,
): void {
  for (const transport of some) {
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
  await transport.ready(proxy.proxy);
  return { ...proxy, served: worker };
}
