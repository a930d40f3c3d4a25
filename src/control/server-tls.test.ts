import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage } from "node:http";
import { request } from "node:https";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import { WebSocket } from "ws";
import { issueCertificate, makeAuthority } from "../authority/authority.ts";
import { systemClock } from "../runtime/clock.ts";
import { newJoinToken } from "./join-tokens.ts";
import { ControlServer } from "./server.ts";
import { TestPorts } from "./testing-ports.ts";

const month = { now: Date.now(), days: 30 };
const authority = makeAuthority("cluster", month);
const issue = () => issueCertificate(authority, ["127.0.0.1"], month);

async function setUp(
  t: TestContext,
): Promise<{ server: ControlServer; ports: TestPorts; port: number; channels: string[] }> {
  const channels: string[] = [];
  const ports = new TestPorts();
  const server = new ControlServer({
    ports,
    clock: systemClock,
    acceptPeer: (socket) => socket.terminate(),
    acceptStranger: (socket, { channel }) => {
      channels.push(channel);
      socket.terminate();
    },
    peerFrameBytesMax: 1024,
    dashboard: "",
    tls: issue(),
  });
  t.after(() => server.close());
  const address = await server.listen({ host: "127.0.0.1", port: 0 });
  return { server, ports, port: Number(address.split(":")[1]), channels };
}

/** Status, and the serial number of the certificate that was shown. */
async function ask(
  port: number,
  ca = authority.cert,
): Promise<{ status: number | undefined; serial: string }> {
  const outgoing = request({ port, host: "127.0.0.1", path: "/livez", ca, agent: false }).end();
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  const { serialNumber } = (
    answer.socket as unknown as { getPeerCertificate(): { serialNumber: string } }
  ).getPeerCertificate();
  answer.resume();
  await once(answer, "end");
  return { status: answer.statusCode, serial: serialNumber };
}

test("with a certificate everything on TCP is TLS, and plain text is answered by nothing", async (t) => {
  const { port } = await setUp(t);
  assert.equal((await ask(port)).status, 200);
  await assert.rejects(ask(port, makeAuthority("other", month).cert), /certificate|issuer/i);
  const plain = connect(port, "127.0.0.1");
  plain.on("error", () => {});
  let heard = "";
  plain.on("data", (data: Buffer) => (heard += data.toString("latin1")));
  plain.write("GET /v1/workers HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
  await once(plain, "close");
  assert.ok(!heard.includes("HTTP/"), heard);
});

test("a renewed certificate is shown to connections that come after", async (t) => {
  const { server, port } = await setUp(t);
  const before = await ask(port);
  server.renew(issue());
  assert.notEqual((await ask(port)).serial, before.serial);
});

test("who says to be a controller is told apart by its own connection", async (t) => {
  const { port, channels } = await setUp(t);
  for (let round = 0; round < 2; round += 1) {
    const socket = new WebSocket(`wss://127.0.0.1:${port}/v1/peer?from=a${round}`, { ca: authority.cert });
    socket.on("error", () => {});
    await once(socket, "close");
  }
  assert.equal(channels.length, 2);
  assert.match(channels[0] ?? "", /^[0-9a-f]{64}$/);
  assert.notEqual(channels[0], channels[1]);
});

const streams = ["/v1/routing-table?watch=1", "/v1/workers?watch=1&service=orders", "/v1/events", "/v1/live"];

for (const path of streams)
  test(`a token that is revoked ends ${path} that was opened by it, and no other`, async (t) => {
    const { server, ports, port } = await setUp(t);
    const made = [1, 2].map(() =>
      newJoinToken({ scope: "gateway", services: [], expiresInMs: null }, ports.wallTime),
    );
    ports.tokens = made.map(({ token }) => token);
    const answers = await Promise.all(
      made.map(async ({ text }) => {
        const headers = { authorization: `Bearer ${text}`, accept: "text/event-stream" };
        const outgoing = request({
          port,
          host: "127.0.0.1",
          path,
          ca: authority.cert,
          agent: false,
          headers,
        }).end();
        outgoing.on("error", () => {});
        const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
        answer.on("error", () => {});
        t.after(() => outgoing.destroy());
        return answer.resume();
      }),
    );
    ports.tokens = ports.tokens.slice(1);
    server.tokensChanged(ports.tokens);
    await new Promise((closed) => answers[0]!.on("close", closed));
    assert.equal(answers[1]!.destroyed, false);
  });
