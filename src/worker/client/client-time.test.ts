import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { noOpenssl, TestAuthority } from "../../../test/certificates.ts";
import { SkeinError } from "../../protocol/error.ts";
import { client } from "./client.ts";
import { TestingPlace } from "./testing-place.ts";

/** Takes connections, and passes the first few on; with the others nothing ever happens, so that no TLS begins there. */
async function doorTo(t: TestContext, place: TestingPlace | undefined, passed: number): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => {}));
    if (place === undefined || sockets.length > passed) return;
    const onward = connect(place.port, "127.0.0.1").on("error", () => {});
    socket.pipe(onward).pipe(socket);
    sockets.push(onward);
  });
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const tooLate = (error: unknown): true => {
  assert.ok(error instanceof SkeinError, String(error));
  assert.deepEqual([error.code, error.problem.fault], ["deadline-passed", "client"], error.message);
  return true;
};

test("a call with no time for a connection is late, and blames nobody", { skip: noOpenssl }, async (t) => {
  const authority = new TestAuthority(t);
  const place = await TestingPlace.start(t, "one", authority.issue(["127.0.0.1"]));
  const answers: (() => void)[] = [];
  place.answer = (_request, response) => void answers.push(() => response.end("one"));
  const orders = client("orders", {
    gateways: await doorTo(t, place, 1),
    tls: { ca: authority.caText },
  });
  t.after(() => orders.close());
  const first = orders.fetch("/");
  while (answers.length === 0) await new Promise((done) => setImmediate(done));
  // The one connection is taken, and there comes no second one.
  await assert.rejects(orders.fetch("/", { method: "POST", timeoutMs: 20 }), tooLate);
  await assert.rejects(orders.fetch("/", { deadline: Date.now() + 20 }), tooLate);
  assert.deepEqual(
    orders.endpoints.map(({ avoided }) => avoided),
    [false],
  );
  answers[0]?.();
  assert.equal(await (await first).text(), "one");
  assert.equal(place.asked.length, 1);
});

test("a deadline that is no time is refused, and nothing is sent", { timeout: 20_000 }, async (t) => {
  const place = await TestingPlace.start(t, "one");
  const orders = client("orders", { gateways: place.address });
  t.after(() => orders.close());
  for (const deadline of [NaN, new Date("tomorrow"), Infinity]) {
    await assert.rejects(orders.fetch("/", { deadline }), (error: SkeinError) => {
      assert.equal(error.code, "invalid");
      assert.match(error.detail, /deadline must be a valid Date/);
      return true;
    });
  }
  assert.equal(place.asked.length, 0);
});

test("a gateway that is gone is found by calls of little time too, and then avoided", async (t) => {
  const [place, gone] = [await TestingPlace.start(t, "one"), await doorTo(t, undefined, 0)];
  const orders = client("orders", { gateways: [place.address, gone] });
  t.after(() => orders.close());
  const givenUpAt = performance.now() + 20_000;
  while (orders.endpoints.every(({ avoided }) => !avoided)) {
    assert.ok(performance.now() < givenUpAt, "it is asked again and again");
    await orders.fetch("/", { timeoutMs: 100 }).then(
      async (answer) => answer.text(),
      // The other one may take longer too, on a busy machine.
      ({ code }: SkeinError) => assert.match(code, /deadline-passed|head-timeout/),
    );
  }
});
