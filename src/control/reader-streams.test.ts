import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { systemClock } from "../runtime/clock.ts";
import { streamEvents } from "./event-stream.ts";
import { streamTable } from "./table-stream.ts";
import { TestPorts } from "./testing-ports.ts";

async function serving(t: TestContext, stream: (response: ServerResponse) => void): Promise<number> {
  const server = createServer((_request, response) => stream(response));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Reads until `last` has come, or the end; how many bytes that were. */
async function readUntil(port: number, last: string): Promise<{ bytes: number; found: boolean }> {
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  let [bytes, tail, found] = [0, "", false];
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    tail = (tail + Buffer.from(chunk).toString("latin1")).slice(-2_000_000);
    found = tail.includes(last);
    if (found) break;
  }
  return { bytes, found };
}

test("a table larger than what may pile up comes whole, over one connection", async (t) => {
  const ports = new TestPorts();
  // A megabyte as it goes out, a third of it in characters.
  const line = JSON.stringify({ kind: "part", text: "€".repeat(333_000) });
  ports.subscribeTable = (write) => {
    for (let part = 0; part < 120; part += 1) write(line);
    write("last");
    return () => {};
  };
  const { bytes, found } = await readUntil(
    await serving(t, (response) => streamTable(response, ports, { opensLinks: false })),
    "last",
  );
  assert.ok(found, `cut after ${bytes} bytes`);
});

test("who reads nothing of table after table is cut", async (t) => {
  const ports = new TestPorts();
  const line = "x".repeat(1_000_000);
  let written = 0;
  let begin = (): void => {};
  ports.subscribeTable = (write) => {
    const timer = setInterval(() => {
      written += 1;
      write(line);
    }, 1);
    t.after(() => clearInterval(timer));
    return () => clearInterval(timer);
  };
  let cut: Promise<unknown> | undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const port = await serving(t, (response) => {
    cut = once(response, "close");
    begin();
    streamTable(response, ports, { opensLinks: false });
  });
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => {}).pause();
  socket.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  await begun;
  await cut;
  assert.ok(written < 200, `${written} MB`);
});

test("a reader of all events that there are gets the last one over the connection that it began with", async (t) => {
  const ports = new TestPorts();
  const message = "x".repeat(300);
  for (let id = 1; id <= 10_000; id += 1) {
    ports.stored.push({ id, at: "2026-01-01T00:00:00.000Z", term: 3, kind: "worker-live", message });
  }
  const port = await serving(t, (response) => streamEvents(response, ports, systemClock, 0));
  const { bytes, found } = await readUntil(port, "id: 10000\n");
  assert.ok(found, `cut after ${bytes} bytes`);
});
