/**
 * All cases at once, of clients and of workers, through one gateway to the same three workers, while other clients
 * ask for something of their own: each of them must get the answer to its own request, every time.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startTestProxy, type TestProxy } from "../../src/proxy/testing/testing-proxy.ts";
import { until } from "../../src/proxy/testing/testing-peers.ts";
import { testService } from "../../src/proxy/testing/testing-table.ts";
import { type AnswerCase, get } from "./cases/case.ts";
import { answerTopics, requestTopics } from "./cases/cases.ts";
import { answersTo, connectClient, stateOf } from "./stage/client-end.ts";
import { startLinkedWorker, startSocketWorker, type StartWorker } from "./stage/our-gateway.ts";
import { type Answering, answerPlainly, type PlayedWorker } from "./stage/played-worker.ts";

const hostileAtOnce = 8;
const canaries = 12;
/** What a hostile client waits for an answer, in turns of the event loop; then it leaves. */
const patienceTurns = 50;

const requestCases = requestTopics.flatMap(({ cases }) => cases);
const answerCases = answerTopics.flatMap(({ cases }) => cases).filter((one) => one.send === undefined);

/** `/hostile/7`: the worker says what the seventh answer case says. */
const answering: Answering = (arrival) => {
  const asked = /^\/hostile\/(\d+)$/.exec(arrival.request.target);
  if (asked === null) return answerPlainly(arrival);
  if (arrival.moment === "whole") void sayCase(arrival.voice, answerCases[Number(asked[1])]!);
};

async function sayCase(voice: Parameters<Answering>[0]["voice"], one: AnswerCase): Promise<void> {
  await voice.say([one.says]);
  if (one.later !== undefined) await voice.say([one.later]);
  if (one.afterwards === "ends") voice.end();
  if (one.afterwards === "resets") voice.reset();
}

async function hostile(port: number, bytes: string): Promise<void> {
  const client = await connectClient({ port });
  client.send(bytes);
  for (let turn = 0; turn < patienceTurns && stateOf(client) === "open"; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  client.close();
}

/** Asks one request after the other until `over`; resolves to how many got their own answer. */
async function canary(port: number, name: string, over: () => boolean): Promise<number> {
  const client = await connectClient({ port });
  let asked = 0;
  for (; !over(); asked += 1) {
    const target = `/${name}/${asked}`;
    client.received = "";
    client.send(get("", target));
    await until(() => answersTo(client, []).answers.some(({ whole }) => whole), `the answer to ${target}`);
    const { answers } = answersTo(client, []);
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body]),
      [[200, `GET ${target}`]],
    );
  }
  client.close();
  return asked;
}

/** A gateway before three workers, which it reaches in the way that they are made for. */
async function startGateway(context: TestContext, startWorker: StartWorker): Promise<TestProxy> {
  const workers: PlayedWorker[] = [];
  for (let made = 0; made < 3; made += 1) workers.push(await startWorker(answering));
  context.after(() => {
    for (const worker of workers) worker.close();
  });
  const test = await startTestProxy(context);
  test.table({ workers: workers.map(({ row }) => row), services: [testService()] });
  if (startWorker === startLinkedWorker) await linksOpen(test, workers.length);
  return test;
}

/** A link is made when there is a first request for its worker. */
async function linksOpen({ proxy, client }: TestProxy, count: number): Promise<void> {
  const first = await client();
  while (proxy.statistics.links.open < count) {
    first.send(get());
    await first.message();
  }
  first.close();
}

const ways = { "HTTP/1.1": startSocketWorker, links: startLinkedWorker };

for (const [way, startWorker] of Object.entries(ways)) {
  test(
    `hostile clients and answers beside others, who notice nothing (${way})`,
    { timeout: 60_000 },
    async (context) => {
      const { port, proxy } = await startGateway(context, startWorker);
      const attacks = [
        ...requestCases.map(({ send }) => send),
        ...answerCases.map((_, index) => get("", `/hostile/${index}`)),
      ];
      const total = attacks.length;
      let over = false;
      const calm = Array.from({ length: canaries }, async (_, index) =>
        canary(port, `canary-${index}`, () => over),
      );
      const attack = async (): Promise<void> => {
        for (let bytes = attacks.pop(); bytes !== undefined; bytes = attacks.pop())
          await hostile(port, bytes);
      };
      await Promise.all(Array.from({ length: hostileAtOnce }, attack));
      over = true;
      const asked = (await Promise.all(calm)).reduce((sum, one) => sum + one, 0);
      assert.ok(asked > total / 2, `only ${asked} requests beside ${total} attacks`);
      await until(() => proxy.report().connections.open === 0, "every client is gone");
      assert.equal(proxy.report().services["web"]?.inFlight, 0);
      // A stream is over with its answer, whatever that is; its link serves on.
      if (way === "links") assert.equal(proxy.statistics.links.open, 3);
      else assert.ok(proxy.report().poisoned["bad-answer"]! > 20);
    },
  );
}
