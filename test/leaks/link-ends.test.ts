/** The keep-alive race, of a link: it ends as requests go out on it that must not be repeated. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { TestContext } from "node:test";
import type { TestPeer } from "../../src/proxy/testing/testing-peers.ts";
import { startTestProxy, type TestProxy } from "../../src/proxy/testing/testing-proxy.ts";
import { type LinkEnd, overEachLink, type ServedWorker, type Transport } from "./transports.ts";

const rounds = 60;
const clients = 8;

interface Scene extends TestProxy {
  workers: ServedWorker[];
  crowd: TestPeer[];
}

/** Two workers, which note in `executed` how often the handler began with each id. */
async function scene(
  context: TestContext,
  transport: Transport,
  executed: Map<string, number>,
): Promise<Scene> {
  const test = await startTestProxy(context);
  const worker = async (): Promise<ServedWorker> =>
    transport.serve(
      context,
      createServer((request, response) => {
        const id = String(request.headers["x-id"]);
        executed.set(id, (executed.get(id) ?? 0) + 1);
        response.end("ok");
      }),
    );
  const workers = [await worker(), await worker()];
  test.table({ workers: workers.map(({ row }) => row) });
  await transport.ready(test.proxy);
  const crowd = await Promise.all(Array.from({ length: clients }, async () => test.client()));
  return { ...test, workers, crowd };
}

interface Outcomes {
  executed: Map<string, number>;
  answered: string[];
  unknown: string[];
  /** Were on a link that ended, and went to the other worker. */
  moved: number;
}

/** `turn`: in this turn of the loop or in one of the next, so that the end and the requests pass each other in every way. */
async function round(here: Scene, number: number, how: LinkEnd, outcomes: Outcomes): Promise<void> {
  const { crowd, workers, proxy } = here;
  const before = proxy.statistics.links.requests;
  const idOf = (index: number): string => `${how}-${number}-${index}`;
  for (const [index, me] of crowd.entries()) {
    me.send(`POST / HTTP/1.1\r\nHost: x\r\nX-Id: ${idOf(index)}\r\nContent-Length: 0\r\n\r\n`);
  }
  for (let turn = number % 6; turn > 0; turn -= 1) await new Promise((resolve) => setImmediate(resolve));
  workers[number % 2]!.closeLinks(how);
  for (const [index, me] of crowd.entries()) {
    const { head, body } = await me.message();
    if (body !== "ok") assert.match(head, /x-skein-reason: outcome-unknown/);
    (body === "ok" ? outcomes.answered : outcomes.unknown).push(idOf(index));
  }
  outcomes.moved += proxy.statistics.links.requests - before - clients;
}

function assertOnce(context: TestContext, outcomes: Outcomes): void {
  const { executed, answered, unknown, moved } = outcomes;
  context.diagnostic(
    `${answered.length} answered, ${moved} of them moved; ${unknown.length} outcome-unknown`,
  );
  assert.deepEqual(
    [...executed].filter(([, times]) => times !== 1),
    [],
  );
  assert.deepEqual(
    answered.filter((id) => !executed.has(id)),
    [],
  );
}

for (const how of ["destroyed", "reset"] as const)
  overEachLink(
    `a link is ${how} as POSTs go out: none is executed twice, and none is lost that had not begun`,
    async (context, transport) => {
      const outcomes = await endings(context, transport, how);
      assert.ok(outcomes.moved > 0 || outcomes.unknown.length > 0, "no request met the end of its link");
      if (!readsAfterFailedWrite(transport, how)) return;
      assert.deepEqual(
        outcomes.unknown.filter((id) => !outcomes.executed.has(id)),
        [],
      );
      assert.ok(outcomes.moved > 0, "no request met the end of its link");
    },
  );

/** Between hosts nobody knows what had begun; and older Nodes end the reading with the first write that fails. */
function readsAfterFailedWrite(transport: Transport, how: LinkEnd): boolean {
  if (transport.name.endsWith("sealed")) return false;
  return how !== "reset" || Number(process.versions.node.split(".")[0]) >= 26;
}

async function endings(context: TestContext, transport: Transport, how: LinkEnd): Promise<Outcomes> {
  const outcomes: Outcomes = { executed: new Map(), answered: [], unknown: [], moved: 0 };
  const here = await scene(context, transport, outcomes.executed);
  for (let number = 0; number < rounds; number += 1) {
    await round(here, number, how, outcomes);
    await transport.ready(here.proxy);
  }
  assertOnce(context, outcomes);
  return outcomes;
}

overEachLink(
  "a worker closes its links as POSTs go out: each is executed once, and answered",
  async (context, transport) => {
    const outcomes: Outcomes = { executed: new Map(), answered: [], unknown: [], moved: 0 };
    for (let number = 0; number < rounds / 4; number += 1) {
      const here = await scene(context, transport, outcomes.executed);
      await round(here, number, "closed", outcomes);
      for (const me of here.crowd) me.close();
    }
    assertOnce(context, outcomes);
    if (transport.name.endsWith("sealed")) return;
    assert.deepEqual(outcomes.unknown, []);
    // What finds the link closing goes over HTTP/1.1, to either worker.
    assert.notEqual(outcomes.moved, 0, "no request met the end of its link");
  },
);
