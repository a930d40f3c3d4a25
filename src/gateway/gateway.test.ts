import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
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
