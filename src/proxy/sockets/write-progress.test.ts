import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { connect as connectSecurely, createSecureContext, TLSSocket } from "node:tls";
import { noOpenssl, TestAuthority } from "../../../test/certificates.ts";
import { until } from "../testing/testing-peers.ts";
import { WriteProgress } from "./write-progress.ts";

async function pair(context: TestContext): Promise<{ near: Socket; far: Socket }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const far = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [near] = (await once(server, "connection")) as [Socket];
  context.after(() => {
    server.close();
    near.destroy();
    far.destroy();
  });
  return { near, far };
}

async function checkProgress(near: Socket, far: Socket): Promise<void> {
  const progress = new WriteProgress(near);
  near.write(Buffer.alloc(64 * 1024 * 1024));
  await until(() => !progress.made(), "the kernel to be full");
  assert.ok(near.writableLength > 0);
  // A part of what is one single write above.
  for (const round of [1, 2]) {
    far.resume();
    await until(() => progress.made(), `a part to be taken in round ${round}`);
    far.pause();
    await until(() => !progress.made(), "the kernel to be full again");
  }
  assert.ok(near.writableLength > 0);
}

test("whether the peer takes any byte", async (context) => {
  const { near, far } = await pair(context);
  await checkProgress(near, far);
});

test("whether the peer takes any byte of one write through TLS", { skip: noOpenssl }, async (context) => {
  const { cert, key } = new TestAuthority(context).issue(["localhost"]);
  const { near, far } = await pair(context);
  const secureContext = createSecureContext({ cert: readFileSync(cert), key: readFileSync(key) });
  const secure = new TLSSocket(near, { isServer: true, secureContext });
  const client = connectSecurely({ socket: far, rejectUnauthorized: false });
  await Promise.all([once(secure, "secure"), once(client, "secureConnect")]);
  await checkProgress(secure, client);
});
