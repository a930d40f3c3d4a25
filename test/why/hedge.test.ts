import assert from "node:assert/strict";
import { test } from "node:test";
import { type TestPeer, type TestWorker, until } from "../../src/proxy/testing/testing-peers.ts";
import { testService, testWorkerRow } from "../../src/proxy/testing/testing-table.ts";
import { get, mine, ok, own } from "./fault.ts";
import { openStage } from "./stage.ts";

/** So many that the service is known to be quick. */
const quickOnes = 40;

interface Try {
  worker: string;
  peer: TestPeer;
}

/** The tries of the request with this test's own id, in their order; every other request is answered at once. */
function triesAt(places: readonly TestWorker[]): Try[] {
  const tries: Try[] = [];
  const take = async (worker: string, peer: TestPeer): Promise<void> => {
    if (!peer.received.includes("\r\n\r\n")) return;
    if ((await peer.head()).includes(own)) tries.push({ worker, peer });
    else peer.send(ok);
  };
  for (const place of places) {
    place.onConnection = (peer) => peer.socket.on("data", () => void take(`w-${place.port}`, peer));
  }
  return tries;
}

test("a hedge that led: both tries are told", async (context) => {
  const stage = await openStage(context);
  const places = [await stage.worker(), await stage.worker()];
  const tries = triesAt(places);
  stage.table({
    proxy: { trustedProxies: ["127.0.0.1/32"] },
    services: [testService({ policy: "round-robin", hedge: true })],
    workers: places.map(({ port }) => testWorkerRow(port)),
  });
  const me = await stage.client();
  for (let sent = 0; sent < quickOnes; sent += 1) {
    me.send(get);
    await me.message();
  }
  me.send(mine);
  await until(() => tries.length === 2, "the second try");
  const [first, hedge] = tries as [Try, Try];
  hedge.peer.send("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
  await me.message();

  const { request, text } = await stage.why(own);
  const { cause, what, todo } = request.why;
  assert.equal(cause, "worker-error");
  assert.ok(what.includes(hedge.worker), what);
  assert.match(todo, /same x-request-id/);
  const ends = request.tries.map(({ worker, outcome }) => [worker, outcome]);
  assert.deepEqual(ends, [
    [first.worker, "left"],
    [hedge.worker, "answered"],
  ]);
  for (const { worker } of tries) assert.ok(text.includes(worker), text);
});
