import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { noOpenssl, TestAuthority } from "../../../test/certificates.ts";
import { until } from "../../../test/etcd/handles.ts";
import { systemClock } from "../../runtime/clock.ts";
import type { TlsMaterial } from "./credentials.ts";
import { EtcdFailure } from "./failure.ts";
import { Transport } from "./transport.ts";

const post = (endpoint: string) => ({
  endpoint,
  path: "/v3/kv/range",
  body: {},
  token: undefined,
  deadlineMs: 1000,
});

const kind = (error: unknown): string => (error instanceof EtcdFailure ? error.kind : String(error));

test(
  "new files of TLS are used after a connection that failed by the old ones",
  { skip: noOpenssl },
  async (t) => {
    const [authority, stranger] = [new TestAuthority(t), new TestAuthority(t)];
    const filesOf = ({ cert, key }: { cert: string; key: string }) => ({
      cert: readFileSync(cert),
      key: readFileSync(key),
    });
    const [ca, theirs] = [readFileSync(authority.ca), readFileSync(stranger.ca)];
    const options = {
      ...filesOf(authority.issue(["127.0.0.1"])),
      ca,
      requestCert: true,
      rejectUnauthorized: true,
    };
    const server = createServer(options, (_request, response) => response.end("{}")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    let files: TlsMaterial = { ca: theirs, ...filesOf(stranger.issue([])) };
    const transport = new Transport({ clock: systemClock, tls: () => files });
    t.after(() => {
      transport.close();
      server.close();
      server.closeAllConnections();
    });
    const call = (): Promise<unknown> => transport.post(post(`127.0.0.1:${port}`)).catch(kind);
    assert.equal(await call(), "unreachable", "another authority");
    files = { ...files, ca };
    assert.equal(await call(), "cut", "a certificate that the member does not take");
    files = { ca, ...filesOf(authority.issue([])) };
    assert.deepEqual(await call(), {});
  },
);

test("a connection that is cut takes idle ones with it, and none that waits for an answer", async (t) => {
  const held: (() => void)[] = [];
  const server = createPlainServer((request, response) => {
    if (request.url === "/cut") return void request.socket.destroy();
    if (request.url === "/held") held.push(() => response.end("{}"));
    else response.end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const transport = new Transport({ clock: systemClock, tls: undefined });
  t.after(() => {
    transport.close();
    server.close();
    server.closeAllConnections();
  });
  const call = (path: string): Promise<unknown> =>
    transport.post({ ...post(`127.0.0.1:${port}`), path }).catch(kind);
  const connections = (): Promise<number> =>
    new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
  await Promise.all(["/", "/", "/"].map(call));
  const waiting = call("/held");
  await until("it waits", () => held.length === 1);
  assert.equal(await call("/cut"), "cut");
  assert.deepEqual(await call("/"), {});
  assert.equal(await connections(), 2, "of the one that waits, and a new one");
  for (const answer of held) answer();
  assert.deepEqual(await waiting, {});
  await until("what was under way is closed after its answer", async () => (await connections()) === 1);
});
