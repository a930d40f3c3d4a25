import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { connect } from "node:tls";
import { noOpenssl, TestAuthority } from "../../test/certificates.ts";
import { type Gateway, startGateway } from "./gateway.ts";

async function service(name: string): Promise<{ server: Server; address: string }> {
  const server = createServer((request, response) => response.end(`${name} ${request.url}`));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe("a gateway in this process", () => {
  let gateway: Gateway;
  let orders: { server: Server; address: string };
  let users: { server: Server; address: string };

  before(async () => {
    orders = await service("orders");
    users = await service("users");
    gateway = await startGateway({
      listen: "127.0.0.1:0",
      control: "127.0.0.1:0",
      services: { orders: [orders.address] },
      routes: { "/": "orders" },
    });
  });

  after(async () => {
    await gateway.close(0);
    orders.server.close();
    users.server.close();
  });

  test("forwards to the configured workers", async () => {
    const answer = await fetch(`${gateway.listen[0]}/7`);
    assert.equal(await answer.text(), "orders /7");
    assert.equal(answer.headers.get("via"), "1.1 skein");
  });

  test("serves the control API", async () => {
    const answer = await fetch(`${gateway.control}/v1/workers`);
    const { workers } = (await answer.json()) as { workers: { id: string; state: string }[] };
    assert.deepEqual(
      workers.map((worker) => [worker.id, worker.state]),
      [[orders.address, "live"]],
    );
  });

  test("takes another configuration without a restart", async () => {
    await gateway.reload({
      services: { orders: [orders.address], users: [users.address] },
      routes: { "/": "orders", "/users/*": "users" },
    });
    assert.equal(await (await fetch(`${gateway.listen[0]}/users/1`)).text(), "users /users/1");
  });

  test("says what is wrong with a configuration, and keeps the old one", async () => {
    await assert.rejects(gateway.reload({ routes: { "no-slash": "web" } }), { code: "invalid" });
    assert.equal((await fetch(`${gateway.listen[0]}/7`)).status, 200);
  });

  test("an address in use is an error, and nothing stays behind", async () => {
    const listen = new URL(gateway.listen[0] ?? "").host;
    await assert.rejects(startGateway({ listen, control: "127.0.0.1:0" }), { code: "EADDRINUSE" });
  });
});

test("TLS in this process, and a new certificate by a reload", { skip: noOpenssl }, async (context) => {
  const authority = new TestAuthority(context);
  const web = await service("web");
  context.after(() => web.server.close());
  const listen = (tls: { cert: string; key: string }) => ({ address: "127.0.0.1:0", tls });
  const rest = { control: "127.0.0.1:0", services: { web: [web.address] }, routes: { "/": "web" } };
  const first = authority.issue(["localhost"]);
  const gateway = await startGateway({ ...rest, listen: listen(first) });
  context.after(() => gateway.close(0));
  const { port } = new URL(gateway.listen[0] ?? "");
  assert.match(gateway.listen[0] ?? "", /^https:/);
  const shown = async (): Promise<string | undefined> => {
    const options = { host: "127.0.0.1", port: Number(port), servername: "localhost", ca: authority.caText };
    const socket = connect(options);
    await once(socket, "secureConnect");
    const { serialNumber } = socket.getPeerX509Certificate() ?? {};
    socket.destroy();
    return serialNumber;
  };
  const serial = ({ cert }: { cert: string }): string => new X509Certificate(readFileSync(cert)).serialNumber;
  assert.equal(await shown(), serial(first));
  const second = authority.issue(["localhost"]);
  await gateway.reload({ ...rest, listen: listen(second) });
  // The proxy reads the files when the new table reaches it.
  while ((await shown()) !== serial(second));
  const mismatch = { cert: first.cert, key: second.key };
  await assert.rejects(
    gateway.reload({ ...rest, listen: listen(mismatch) }),
    /listen\.tls\.key: .*does not belong/,
  );
  assert.equal(await shown(), serial(second));
});
