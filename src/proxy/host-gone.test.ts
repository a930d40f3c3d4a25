import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { test } from "node:test";
import { until } from "./testing-peers.ts";
import { proxyWithWorkers } from "./testing-proxy.ts";

/** The kernel's account of the other end of a test's connection: whether it asks after silence. */
function isAskedAfter({ localPort, remotePort }: Socket): boolean {
  const hex = (port = 0): string => `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n");
  return lines.some((line) => {
    const [, local = "", remote = "", , , timer = ""] = line.trim().split(/\s+/);
    return local.endsWith(hex(remotePort)) && remote.endsWith(hex(localPort)) && timer.startsWith("02:");
  });
}

test(
  "whoever waits in silence for long is asked after: a host that vanished leaves no connection behind",
  { skip: process.platform !== "linux" && "the kernel's account is read from /proc" },
  async (context) => {
    const { client, workers } = await proxyWithWorkers(context, 1, { timeouts: { stalledClientMs: 40 } });
    const me = await client();
    me.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const worker = await workers[0]!.connection();
    await worker.head();
    worker.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    await me.head();
    assert.ok(isAskedAfter(worker.socket), "the worker");
    await until(() => isAskedAfter(me.socket), "the client is asked after");
  },
);
