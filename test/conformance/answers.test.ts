/**
 * Every answer case: a worker of which the case says every byte, behind a real proxy. The oracle is what the client
 * sees, what becomes of the worker's connection, and that the next requests get their own answers.
 */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { AnswerCase } from "./cases/case.ts";
import { get } from "./cases/case.ts";
import { answerTopics } from "./cases/cases.ts";
import { nextOfSomebodyElse, nextOnSameConnection } from "./stage/aftermath.ts";
import { answersTo, connectClient, shownTo } from "./stage/client-end.ts";
import { deliveries, type Delivery, piecesOf } from "./stage/delivery.ts";
import { checkFields, comesTo } from "./stage/expect.ts";
import {
  startLinkedWorker,
  startOurGateway,
  startSocketWorker,
  type StartWorker,
} from "./stage/our-gateway.ts";
import { type Answering, answerPlainly, type PlayedWorker, type Voice } from "./stage/played-worker.ts";

for (const { title, cases } of answerTopics) {
  describe(title, { concurrency: 4 }, () => {
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
  one: AnswerCase,
  delivery: Delivery,
  startWorker: StartWorker,
): Promise<void> {
  let voice: Voice | undefined;
  const answering: Answering = (arrival) => {
    if (arrival.nth > 0) return answerPlainly(arrival);
    if (arrival.moment !== (one.early === true ? "head" : "whole")) return;
    voice = arrival.voice;
    void sayCase(arrival.voice, one, delivery);
  };
  const { port, proxy, played } = await startOurGateway(context, answering, { startWorker });
  const client = await connectClient({ port });
  context.after(() => client.close());
  client.send(one.send ?? get());
  const methods = one.methods ?? [];
  await comesTo(() => shownTo(client, methods), one.client, `said ${delivery}`);
  if (one.answered) checkFields(answersTo(client, methods).answers.at(-1)!.fields, one.answered, "answered");
  if (one.later !== undefined) await voice!.say([one.later]);
  if (one.connection !== "kept") await connectionGone(played, delivery);
  if (one.client.endsWith("open")) await nextOnSameConnection(client, one.client, methods);
  client.socket.end();
  await comesTo(() => proxy.report().connections.open, 0, `said ${delivery}: the client is gone`);
  await nextOfSomebodyElse(port);
  const { poisoned, services } = proxy.report();
  assert.equal(services["web"]?.inFlight, 0, delivery);
  if (played.carries === "streams") return assert.equal(proxy.statistics.links.open, 1);
  const peaceful = one.connection === "kept" || one.connection === "closed";
  assert.deepEqual(poisoned, peaceful ? {} : { [one.connection]: 1 }, delivery);
  if (one.connection === "kept") assert.equal(played.connections().length, 1);
}

async function sayCase(voice: Voice, one: AnswerCase, delivery: Delivery): Promise<void> {
  await voice.say(piecesOf(one.says, delivery));
  if (one.afterwards === "ends") voice.end();
  else if (one.afterwards === "resets") voice.reset();
  else voice.done();
}

/** Of connections only: a stream is over with its answer anyway. */
async function connectionGone(worker: PlayedWorker, delivery: Delivery): Promise<void> {
  if (worker.carries === "streams") return;
  await comesTo(
    () => worker.connections()[0]?.open,
    false,
    `said ${delivery}: the worker's connection is gone`,
  );
}
