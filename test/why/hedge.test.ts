import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type TestPeer, type TestWorker, until } from "../../src/proxy/testing/testing-peers.ts";
import { testService, testWorkerRow } from "../../src/proxy/testing/testing-table.ts";
import { get, mine, ok, own } from "./fault.ts";
import { openStage, type WhyStage } from "./stage.ts";

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

interface Hedged {
  stage: WhyStage;
  me: TestPeer;
  first: Try;
  hedge: Try;
}

/** This test's own request is at two workers, and neither has answered. */
async function hedged(context: TestContext): Promise<Hedged> {
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
  return { stage, me, first, hedge };
}

const failedAnswer = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";

function oneIsLost({ proxy }: WhyStage): Promise<void> {
  const workers = [...proxy.pool("web").workers.values()];
  return until(() => workers.reduce((sum, { inFlight }) => sum + inFlight, 0) === 1, "the loss");
}

const ends: [
  what: string,
  end: (on: Hedged) => Promise<void> | void,
  told: (on: Hedged) => [Try, string][],
][] = [
  [
    "a hedge that led: the other one was overtaken",
    ({ hedge }) => hedge.peer.send(failedAnswer),
    ({ first, hedge }) => [
      [first, "overtaken"],
      [hedge, "answered"],
    ],
  ],
  [
    "a hedge that lost was overtaken",
    ({ first }) => first.peer.send(failedAnswer),
    ({ first, hedge }) => [
      [hedge, "overtaken"],
      [first, "answered"],
    ],
  ],
  [
    "the first is lost: that is a failure",
    async ({ stage, first, hedge }) => {
      first.peer.reset();
      await oneIsLost(stage);
      hedge.peer.send(failedAnswer);
    },
    ({ first, hedge }) => [
      [first, "reset"],
      [hedge, "answered"],
    ],
  ],
  [
    "the hedge is lost: that is a failure",
    async ({ stage, first, hedge }) => {
      hedge.peer.reset();
      await oneIsLost(stage);
      first.peer.send(failedAnswer);
    },
    ({ first, hedge }) => [
      [hedge, "reset"],
      [first, "answered"],
    ],
  ],
];

for (const [what, end, told] of ends) {
  test(what, async (context) => {
    const on = await hedged(context);
    await end(on);
    await on.me.message();
    const { request, text } = await on.stage.why(own);
    const expected = told(on);
    assert.deepEqual(
      request.tries.map(({ worker, outcome }) => [worker, outcome]),
      expected.map(([{ worker }, outcome]) => [worker, outcome]),
    );
    const { cause, what: words, todo } = request.why;
    assert.equal(cause, "worker-error");
    assert.ok(words.includes(expected.at(-1)?.[0].worker ?? "?"), words);
    assert.match(todo, /same x-request-id/);
    for (const [{ worker }] of expected) assert.ok(text.includes(worker), text);
  });
}
