import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { PassThrough } from "node:stream";
import { test, type TestContext } from "node:test";
import { type WebSocket, WebSocketServer } from "ws";
import type { Connection } from "../../worker/connection.ts";
import { lightConnect } from "./light-connect.ts";

interface Met {
  server: WebSocket;
  connection: Connection;
  /** What the connection told next, in order. */
  word: () => Promise<unknown>;
}

async function met(t: TestContext): Promise<Met> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, path: "/v1/session" });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  t.after(() => http.close());
  const words = new PassThrough({ objectMode: true });
  const told = words[Symbol.asyncIterator]();
  const arrives = once(sockets, "connection") as Promise<[WebSocket]>;
  const connection = lightConnect(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, {
    opened: () => words.write("opened"),
    received: (text) => words.write(text),
    alive: () => words.write("alive"),
    closed: (reason) => words.write(`closed: ${reason}`),
  });
  const [server] = await arrives;
  return { server, connection, word: async () => (await told.next()).value as unknown };
}

test("it opens, speaks and hears, short and long, and ends in order", async (t) => {
  const { server, connection, word } = await met(t);
  const received: string[] = [];
  server.on("message", (data) => received.push((data as Buffer).toString()));
  assert.equal(await word(), "opened");
  const long = "é".repeat(5_000);
  server.send("short");
  server.send(long);
  assert.deepEqual([await word(), await word()], ["short", long]);
  connection.send("hello");
  connection.send(long);
  connection.ping();
  assert.equal(await word(), "alive");
  assert.deepEqual(received, ["hello", long]);
  const pong = once(server, "pong");
  server.ping();
  await pong;
  const closed = once(server, "close");
  connection.close();
  assert.equal(await word(), "closed: closed by the controller");
  assert.deepEqual((await closed)[0], 1000);
});

test("a server that ends it is told of", async (t) => {
  const { server, word } = await met(t);
  await word();
  server.close(1000);
  assert.equal(await word(), "closed: closed by the controller");
});

test("an end without a word is told of, and nothing is left open", async (t) => {
  const http = createServer();
  const arrives = once(http, "upgrade") as Promise<[unknown, Socket]>;
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  t.after(() => http.close());
  const told = new Promise<string>((closed) => {
    const none = (): void => {};
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    lightConnect(url, { opened: none, received: none, alive: none, closed });
  });
  const [, socket] = await arrives;
  socket.resume().end("HTTP/1.1 101 Switching Protocols\r\n\r\n");
  assert.equal(await told, "closed by the controller");
  if (!socket.closed) await once(socket, "close");
});

test("who refuses, or is not there, is told of", async () => {
  const http = createServer((_request, response) => response.writeHead(404).end());
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const reasonOf = async (): Promise<string> =>
    new Promise((closed) => {
      const none = (): void => {};
      lightConnect(url, { opened: none, received: none, alive: none, closed });
    });
  assert.match(await reasonOf(), /^HTTP\/1.1 4/);
  http.close();
  await once(http, "close");
  assert.equal(await reasonOf(), "ECONNREFUSED");
});
