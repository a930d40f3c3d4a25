import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { client } from "./client.ts";
import { TestingPlace } from "./testing-place.ts";

/** Connects of this process fail as the kernel says when all ports towards that address are in use; gives them back. */
function takePorts(t: TestContext): { connects(): number; giveBack(): void } {
  const fail = function (this: Socket): Socket {
    const error = { code: "EADDRNOTAVAIL", syscall: "connect", address: "127.0.0.1" };
    return this.destroy(Object.assign(new Error("connect EADDRNOTAVAIL"), error));
  };
  const { mock } = t.mock.method(Socket.prototype, "connect", fail);
  return { connects: () => mock.callCount(), giveBack: () => mock.restore() };
}

test("a call for which this host has no port left is made when it has one, and nobody is avoided for it", async (t) => {
  const place = await TestingPlace.start(t, "one");
  const orders = client("orders", { gateways: [place.address] });
  t.after(() => orders.close());
  const ports = takePorts(t);
  const answer = orders.fetch("/", { method: "POST", body: "x" });
  while (ports.connects() < 2) await new Promise(setImmediate);
  assert.deepEqual(
    orders.endpoints.map(({ avoided }) => avoided),
    [false],
  );
  ports.giveBack();
  assert.equal(await (await answer).text(), "one");
  assert.equal(place.asked.length, 1);
});

test("a gateway that takes its time is not left because it could not be asked whether it lives", async (t) => {
  const [slow, other] = [await TestingPlace.start(t, "slow"), await TestingPlace.start(t, "other")];
  const orders = client("orders", { gateways: [slow.address, other.address] });
  t.after(() => orders.close());
  let answer = (): void => {};
  for (const place of [slow, other])
    place.answer = (_request, response) => (answer = () => void response.end(place.name));
  const asked = orders.fetch("/");
  while (slow.asked.length + other.asked.length === 0) await new Promise(setImmediate);
  const ports = takePorts(t);
  while (ports.connects() < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(
    orders.endpoints.map(({ avoided }) => avoided),
    [false, false],
  );
  answer();
  const name = await (await asked).text();
  assert.equal(name, slow.asked.length === 1 ? "slow" : "other");
  assert.equal(slow.asked.length + other.asked.length, 1);
});
