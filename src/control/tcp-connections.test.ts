import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { type ConnectionOptions, connect as connectSecurely, type TLSSocket } from "node:tls";
import { issueCertificate, makeAuthority } from "../authority/authority.ts";
import { systemClock } from "../runtime/clock.ts";
import { type ControlLimits, ControlServer, type ServerTls } from "./server.ts";
import { connectionsMaxWithin } from "./tcp-connections.ts";
import { TestPorts } from "./testing-ports.ts";

async function setUp(t: TestContext, limits: ControlLimits, tls?: ServerTls) {
  const directory = mkdtempSync(join(tmpdir(), "skein-control-"));
  const server = new ControlServer({
    ports: new TestPorts(),
    clock: systemClock,
    acceptPeer: (socket) => socket.terminate(),
    peerFrameBytesMax: 1024,
    dashboard: "",
    limits,
    tls,
  });
  t.after(() => {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const path = join(directory, "c.sock");
  const host = tls === undefined ? "127.0.0.1" : "0.0.0.0";
  const ports = [0, 0].map(async (port) => server.listen({ host, port }));
  const [door = "", own = ""] = await Promise.all(ports);
  await server.listen({ path });
  const silent = async (address: string, localAddress = "127.0.0.1"): Promise<Socket> => {
    const socket = connect({ host: "127.0.0.1", port: portOf(address), localAddress });
    t.after(() => socket.destroy());
    await once(socket, "connect");
    return socket;
  };
  return { door, own, path, silent };
}

function portOf(address: string): number {
  return Number(address.split(":")[1]);
}

async function statusAt(path: string): Promise<number | undefined> {
  const asked = request({ socketPath: path, path: "/livez", headers: { host: "localhost" } }).end();
  const [answer] = (await once(asked, "response")) as [{ statusCode: number; resume(): void }];
  answer.resume();
  return answer.statusCode;
}

test("connections over TCP are bounded, at all addresses together; the unix socket is not", async (t) => {
  const { door, own, path, silent } = await setUp(t, { connectionsMax: 3, headMs: 5_000 });
  const [first] = [await silent(door), await silent(own), await silent(own)];
  const oneMore = await silent(door);
  await once(oneMore, "close");
  assert.equal(await statusAt(path), 200);
  first.destroy();
  // Its end must have come there before the next does.
  let next = await silent(own);
  while (await isCut(next)) next = await silent(own);
});

test("who asks for another protocol in vain is answered and cut, whether it says more or nothing", async (t) => {
  const { door, own, silent } = await setUp(t, { connectionsMax: 3, headMs: 5_000 });
  const upgrade =
    "GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  for (const more of ["", "x"]) {
    for (const address of [door, own, own]) {
      const socket = await silent(address);
      socket.allowHalfOpen = true;
      socket.write(upgrade + more);
      const [answer] = (await once(socket, "data")) as [Buffer];
      assert.match(answer.toString(), /^HTTP\/1.1 404 /);
      // A peer that leaves no word of its own end, and one that is gone before it has read the answer's.
      if (more === "") await once(socket, "end");
      else socket.destroy();
    }
  }
  let next = await silent(own);
  while (await isCut(next)) next = await silent(own);
});

/** Who is not cut is answered. */
async function isCut(socket: Socket): Promise<boolean> {
  socket.write("GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  return Promise.race([
    once(socket, "data").then(() => false),
    once(socket, "close").then(
      () => true,
      () => true,
    ),
  ]).catch(() => true);
}

test("who connects and says nothing is cut", async (t) => {
  const { door, silent } = await setUp(t, { connectionsMax: 3, headMs: 50 });
  const socket = await silent(door);
  socket.resume();
  await once(socket, "close");
});

test("a part of the files stays for the controller itself", () => {
  assert.equal(connectionsMaxWithin(Infinity), 50_000);
  assert.equal(connectionsMaxWithin(1_048_576), 50_000);
  assert.equal(connectionsMaxWithin(20_000), 18_976);
  assert.equal(connectionsMaxWithin(600), 450);
});

const month = { now: Date.now(), days: 30 };
const authority = makeAuthority("cluster", month);
const tls = issueCertificate(authority, ["127.0.0.1"], month);

/** A client that has shaken hands. */
async function shaken(t: TestContext, port: number, localAddress: string): Promise<TLSSocket> {
  const options = { host: "127.0.0.1", port, localAddress, ca: authority.cert };
  const socket = connectSecurely(options as ConnectionOptions);
  t.after(() => socket.destroy());
  await once(socket, "secureConnect");
  return socket;
}

for (const withHandshake of [false, true]) {
  const what = withHandshake ? "shakes hands and then says nothing" : "says nothing";
  test(`whoever ${what} keeps out nobody but itself`, async (t) => {
    const { door, silent } = await setUp(t, { connectionsMax: 4, headMs: 5_000 }, tls);
    const joined = await shaken(t, portOf(door), "127.0.0.5");
    assert.equal(await isCut(joined), false);
    const held: Socket[] = [];
    for (let made = 0; made < 3; made += 1) {
      const one = withHandshake
        ? await shaken(t, portOf(door), "127.0.0.5")
        : await silent(door, "127.0.0.5");
      held.push(one.on("error", () => {}).resume());
    }
    const [oldest, next] = held as [Socket, Socket];
    const gone = once(oldest, "close");
    const other = await shaken(t, portOf(door), "127.0.0.9");
    await gone;
    assert.equal(await isCut(other), false);
    assert.equal(next.destroyed, false, "no more than is needed");
    assert.equal(await isCut(joined), false, "who was let in stays");
  });
}
