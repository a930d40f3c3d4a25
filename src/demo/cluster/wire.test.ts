import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get } from "node:http";
import { type AddressInfo, connect, createServer as createTcp, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Wire } from "./wire.ts";

async function listen(t: TestContext, server: ReturnType<typeof createTcp>): Promise<number> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A byte there and back over a connection that no wire of ours holds: whatever was sent before has arrived by then. */
async function echoed(socket: Socket): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    socket.write("x");
    await once(socket, "data");
    await turn();
  }
}

test("no byte passes a cut wire, either way, on old and new connections; mended, all come", async (t) => {
  const echo = createTcp((socket) => socket.pipe(socket));
  const echoPort = await listen(t, echo);
  const other = connect(echoPort, "127.0.0.1");
  t.after(() => other.destroy());
  await once(other, "connect");
  await echoed(other);

  const wire = new Wire();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end("ok");
  });
  const port = await listen(t, server);
  t.after(() => server.closeAllConnections());
  const kept = connect(port, "127.0.0.1");
  t.after(() => kept.destroy());
  let told = "";
  kept.setEncoding("latin1").on("data", (text: string) => (told += text));
  kept.write("GET /before HTTP/1.1\r\nHost: a\r\n\r\n");
  while (!told.endsWith("ok")) await once(kept, "data");

  wire.cut();
  wire.cut();
  told = "";
  kept.write("GET /during HTTP/1.1\r\nHost: a\r\n\r\n");
  const accepted = once(server, "connection");
  const fresh = new Promise<number>((done, failed) => {
    get({ port, host: "127.0.0.1", path: "/fresh", agent: false }, (response) => {
      response.resume();
      done(response.statusCode ?? 0);
    }).on("error", failed);
  });
  await accepted;
  await echoed(other);
  assert.deepEqual(asked, ["/before"]);
  assert.equal(told, "");

  wire.mend();
  assert.equal(await fresh, 200);
  while (!told.endsWith("ok")) await once(kept, "data");
  assert.deepEqual(asked.toSorted(), ["/before", "/during", "/fresh"]);
});

test("an answer that is made while the wire is cut waits for it", async (t) => {
  const wire = new Wire();
  const server = createTcp();
  const port = await listen(t, server);
  const client = connect(port, "127.0.0.1");
  t.after(() => client.destroy());
  const [socketThere] = (await once(server, "connection")) as [Socket];
  await turn();
  wire.cut();
  socketThere.write("late");
  assert.ok(socketThere.writableLength > 0);
  assert.equal(socketThere.bytesWritten - socketThere.writableLength, 0);
  const heard = once(client, "data");
  wire.mend();
  assert.equal(String((await heard)[0]), "late");
});
