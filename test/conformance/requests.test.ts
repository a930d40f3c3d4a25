/**
 * Every request case against a real proxy, whole and in pieces, with workers on HTTP/1.1 connections and on links:
 * the oracle is what the client and the worker see. After each case the gateway must be as before: the next request
 * of the client, and one of somebody else, get their own answers.
 */
import assert from "node:assert/strict";
import { METHODS } from "node:http";
import { describe, it, type TestContext } from "node:test";
import type { TestPeer } from "../../src/proxy/testing/testing-peers.ts";
import type { RequestCase } from "./cases/case.ts";
import { requestTopics } from "./cases/cases.ts";
import { Oracle } from "./fuzz/oracle.ts";
import { nextOfSomebodyElse, nextOnSameConnection } from "./stage/aftermath.ts";
import { answersTo, connectClient, shownTo } from "./stage/client-end.ts";
import { deliver, deliveries, type Delivery } from "./stage/delivery.ts";
import { checkFields, comesTo } from "./stage/expect.ts";
import {
  startLinkedWorker,
  startOurGateway,
  startSocketWorker,
  type StartWorker,
} from "./stage/our-gateway.ts";
import { plainRequests, type SeenRequest } from "./stage/plain-requests.ts";
import { valuesOf } from "./stage/plain-text.ts";
import { answerPlainly, type PlayedWorker } from "./stage/played-worker.ts";
import { showRequest } from "./stage/show.ts";

const oracle = new Oracle();

for (const { title, cases } of requestTopics) {
  describe(title, { concurrency: 8 }, () => {
    for (const one of cases) {
      it(one.name, async (context) => {
        for (const delivery of deliveries) await play(context, one, delivery, startSocketWorker);
      });
      it(`${one.name} (link)`, async (context) => {
        for (const delivery of ["whole", "byte by byte"] as const)
          await play(context, one, delivery, startLinkedWorker);
      });
    }
  });
}

async function play(
  context: TestContext,
  one: RequestCase,
  delivery: Delivery,
  startWorker: StartWorker,
): Promise<void> {
  const { port, proxy, played } = await startOurGateway(context, answerPlainly, {
    trusted: one.trusted ?? false,
    startWorker,
  });
  const client = await connectClient({ port });
  context.after(() => client.close());
  await deliver(client, one.send, delivery);
  await seen(client, played, one, delivery);
  // A client that waits for more, or is waited for, goes away: there is no other end of such a case.
  const waits = one.client === "open" || one.worker.at(-1)?.endsWith("...") === true;
  const goesOn = !waits && one.client.endsWith("open");
  if (goesOn) await nextOnSameConnection(client, one.client, one.methods ?? []);
  client.socket.end();
  await comesTo(() => proxy.report().connections.open, 0, `sent ${delivery}: the client is gone`);
  if (waits) await seen(client, played, { ...one, client: one.client.replace(/open$/, "closed") }, delivery);
  await nextOfSomebodyElse(port);
  sawNothingElse(played, one, goesOn, delivery);
  const { poisoned, services } = proxy.report();
  assert.equal(services["web"]?.inFlight, 0, delivery);
  if (played.carries === "streams") return assert.equal(proxy.statistics.links.open, 1);
  // A body that is refused at once may never have been on its way.
  const cause = one.broken === true && poisoned["aborted"] === 1 ? "aborted" : one.poisoned;
  assert.deepEqual(poisoned, cause === undefined ? {} : { [cause]: 1 }, delivery);
  if (delivery === "whole") await llhttpAgrees(played);
}

async function seen(
  client: TestPeer,
  worker: PlayedWorker,
  one: RequestCase,
  delivery: Delivery,
): Promise<void> {
  const methods = one.methods ?? [];
  await comesTo(
    () => ({
      client:
        one.closedAtOnce === true
          ? shownTo(client, methods).replace(/reset$/, "closed")
          : shownTo(client, methods),
      worker: [...workerSees(worker, one).map(showRequest), ...worker.oddities()],
    }),
    { client: one.client, worker: [...one.worker] },
    `sent ${delivery}`,
  );
  if (one.forwarded) checkFields(worker.requests()[0]!.fields, one.forwarded, "forwarded");
  if (one.answered) checkFields(answersTo(client, methods).answers.at(-1)!.fields, one.answered, "answered");
}

/** What is smuggled may come late: after the requests that follow, which the worker has answered, it would be there. */
function sawNothingElse(worker: PlayedWorker, one: RequestCase, goesOn: boolean, delivery: Delivery): void {
  assert.deepEqual(
    [...workerSees(worker, one).map(showRequest), ...worker.oddities()],
    [...one.worker, ...(goesOn ? ["GET /next"] : []), "GET /other"],
    `sent ${delivery}`,
  );
}

function workerSees(worker: PlayedWorker, one: RequestCase): SeenRequest[] {
  const requests = worker.requests();
  return one.broken === true ? requests.filter(({ whole }) => whole) : requests;
}

/** A second reader, which many workers use, reads the same of what was forwarded. */
async function llhttpAgrees(worker: PlayedWorker): Promise<void> {
  for (const { received } of worker.connections()) {
    const { requests } = plainRequests(received);
    if (!requests.every(({ method }) => METHODS.includes(method))) continue;
    // It reads nothing behind a request with Upgrade that came in one piece with it; the gateway sends none so.
    const upgradeAt = requests.findIndex(({ fields }) => valuesOf(fields, "upgrade").length > 0);
    const read = upgradeAt === -1 ? requests : requests.slice(0, upgradeAt + 1);
    const { messages } = await oracle.judge(Buffer.from(received, "latin1"));
    assert.deepEqual(
      messages.map(({ method, target, body, complete }) => [method, target, body, complete]),
      read.map(({ method, target, body, whole }) => [method, target, body, whole]),
    );
  }
}
