import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { connect as connectPlain, Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { FrameBuffers, frameKind, FrameWriter } from "../../link/link.ts";
import type { LinkAddress } from "../../protocol/heartbeat.ts";
import { dial } from "../../runtime/dial.ts";
import type { SealedProtocol } from "../../runtime/seal.ts";
import { testingClock } from "../testing-clock.ts";
import { receive } from "./link-arrival.ts";
import { type LinkListener, listenerLimits } from "./link-listener.ts";
import { listenerFor, listening } from "./testing-service.ts";

const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const hello = JSON.stringify({ v: 1, proxy: "p", nonce: "0".repeat(32) });

async function service(t: TestContext) {
  const seen: IncomingMessage[] = [];
  const server = await listening(
    t,
    createServer((incoming, response) => {
      seen.push(incoming);
      response.end("served");
    }),
  );
  const clock = testingClock();
  return { server, seen, clock, listener: listenerFor(t, server, "requests", clock) };
}

function sealed(
  t: TestContext,
  { address }: LinkListener,
  protocol: SealedProtocol = "http/1.1",
  key = address.key,
) {
  const target = { host: "127.0.0.1", port: address.port, serverName: undefined };
  const { socket, established } = dial(target, { seal: { key, protocol } });
  t.after(() => socket.destroy());
  socket.on("error", () => undefined);
  return { socket, ready: () => once(socket, established) };
}

async function closed(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
}

test("HTTP/1.1 by who knows the key is one connection more of the server, as without encryption", async (t) => {
  const { server, seen, listener, clock } = await service(t);
  const { socket, ready } = sealed(t, listener);
  await ready();
  for (let asked = 0; asked < 2; asked += 1) {
    socket.write(request);
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 200 OK[^]*served$/);
  }
  const [first, second] = seen;
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(first.socket, second.socket);
  assert.notEqual((first.socket as { encrypted?: boolean }).encrypted, true);
  assert.equal(first.socket.remoteAddress, "127.0.0.1");
  const count = await new Promise((resolve) => server.getConnections((_error, n) => resolve(n)));
  assert.equal(count, 1);
  // It has proven itself: what ends who has not does not end it.
  clock.advance(listenerLimits.greetingMs + 1);
  socket.write(request);
  await once(socket, "data");
  // The server's end waits for it, and ends it as any connection that is idle.
  const over = once(server, "close");
  server.close();
  await closed(socket);
  await over;
});

test("who does not know the key, offers another protocol, or never ends its handshake is closed", async (t) => {
  const { seen, listener, clock } = await service(t);
  for (const { socket } of [
    sealed(t, listener, "http/1.1", "0".repeat(64)),
    sealed(t, listener, "skein-link", "0".repeat(64)),
    sealed(t, listener, "smtp" as SealedProtocol),
  ])
    await closed(socket);
  const half = connectPlain(listener.address.port, "127.0.0.1");
  t.after(() => half.destroy());
  half.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]));
  const silent = sealed(t, listener, "skein-link");
  await silent.ready();
  clock.advance(listenerLimits.greetingMs + 1);
  await Promise.all([closed(half), closed(silent.socket)]);
  assert.deepEqual(seen, []);
});

test("what has failed or is proven makes room for others", async (t) => {
  const { listener } = await service(t);
  for (let failed = 0; failed < listenerLimits.unprovenMax; failed += 1)
    await closed(sealed(t, listener, "http/1.1", "0".repeat(64)).socket);
  for (let proven = 0; proven < listenerLimits.unprovenMax; proven += 1) await sealed(t, listener).ready();
  const { socket, ready } = sealed(t, listener);
  await ready();
  socket.write(request);
  await once(socket, "data");
});

/** A connection that has come from there. */
function from(t: TestContext, remoteAddress: string, address: LinkAddress) {
  const told: string[] = [];
  const socket = new Socket();
  socket._read = () => undefined;
  Object.defineProperty(socket, "remoteAddress", { value: remoteAddress });
  t.after(() => socket.destroy());
  receive(socket, address, { link: () => void told.push("link"), http: () => void told.push("http") });
  const frames = new FrameWriter(new FrameBuffers());
  frames.text(frameKind.hello, 0, 0, hello);
  socket.push(Buffer.from(frames.collected()));
  return { told, socket };
}

const address: LinkAddress = { port: 1, key: "5".repeat(64), sealed: true };
const { key, port } = address;
const places: [from: string, address: LinkAddress, taken: boolean][] = [
  ["127.0.0.1", address, true],
  ["::1", address, true],
  ["::ffff:127.0.0.1", address, true],
  ["10.0.0.1", address, false],
  ["::ffff:10.0.0.1", address, false],
  ["2001:db8::1", address, false],
  ["", address, false],
  ["10.0.0.1", { port, key }, true],
];
for (const [place, to, taken] of places) {
  test(`frames in clear from ${place || "nowhere"}: ${taken ? "taken" : "closed"}, ${to.sealed ? "sealed" : "asked for"}`, async (t) => {
    const { told, socket } = from(t, place, to);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([told, socket.destroyed], taken ? [["link"], false] : [[], true]);
  });
}
