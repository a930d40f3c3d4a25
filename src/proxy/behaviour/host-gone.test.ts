import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import { systemClock } from "../../runtime/clock.ts";
import { LinkListener } from "../../worker/link/link-listener.ts";
import { newSharedLoad, sharedLoadIn } from "../../worker/shared-load.ts";
import { until } from "../testing/testing-peers.ts";
import { proxyWithWorkers, startTestProxy } from "../testing/testing-proxy.ts";
import { testWorkerRow } from "../testing/testing-table.ts";

/** The kernel's account: whether the end at `ofPort` of this connection asks after silence. */
function asksAfter({ localPort, remotePort }: Socket, ofPort: number | undefined): boolean {
  const hex = (port = 0): string => `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const otherPort = ofPort === localPort ? remotePort : localPort;
  const lines = ["tcp", "tcp6"].flatMap((file) => readFileSync(`/proc/net/${file}`, "utf8").split("\n"));
  return lines.some((line) => {
    const [, local = "", remote = "", , , timer = ""] = line.trim().split(/\s+/);
    return local.endsWith(hex(ofPort)) && remote.endsWith(hex(otherPort)) && timer.startsWith("02:");
  });
}

const needs = { skip: process.platform !== "linux" && "the kernel's account is read from /proc" };

test(
  "whoever waits in silence for long is asked after: a host that vanished leaves nothing",
  needs,
  async (context) => {
    const { client, workers } = await proxyWithWorkers(context, 1, { timeouts: { stalledClientMs: 40 } });
    const me = await client();
    me.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const worker = await workers[0]!.connection();
    await worker.head();
    worker.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    await me.head();
    assert.ok(asksAfter(worker.socket, worker.socket.remotePort), "the worker");
    await until(() => asksAfter(me.socket, me.socket.remotePort), "the client is asked after");
  },
);

/** A sealed one is what goes to another host; this one is spelt so that it does not say that it is here. */
for (const [what, host] of [
  ["a link", "127.0.0.1"],
  ["a sealed link", "[::ffff:127.0.0.1]"],
] as const) {
  test(`both ends of ${what} ask after each other`, needs, async (context) => {
    const { table, proxy } = await startTestProxy(context);
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    context.after(() => server.close());
    const listener = LinkListener.at(server, "requests", sharedLoadIn(newSharedLoad()), systemClock);
    assert.ok(listener !== undefined);
    context.after(() => listener.close());
    let accepted: Socket | undefined;
    const note = (message: unknown): void => void (accepted = (message as { socket: Socket }).socket);
    subscribe("net.server.socket", note);
    context.after(() => void unsubscribe("net.server.socket", note));
    const { port: own } = server.address() as AddressInfo;
    table({ workers: [testWorkerRow(own, { address: `${host}:${own}`, link: listener.address })] });
    [...proxy.pool("web").workers.values()][0]!.link!.stream(undefined as never);
    await until(() => proxy.statistics.links.open === 1, "the open link");
    assert.ok(accepted !== undefined);
    for (const port of [accepted.localPort, accepted.remotePort]) {
      await until(() => asksAfter(accepted!, port), "the end asks");
    }
  });
}
