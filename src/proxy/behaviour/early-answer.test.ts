import assert from "node:assert/strict";
import { test } from "node:test";
import { cancelCause, initialCreditBytes } from "../../link/link.ts";
import { Exchange } from "../exchange/exchange.ts";
import { get, linkedWorker, ok, overLink, rowOf } from "../testing/testing-linked.ts";
import { until } from "../testing/testing-peers.ts";
import { startTestProxy } from "../testing/testing-proxy.ts";
import { testService } from "../testing/testing-table.ts";

test("an answer before the end of the upload: the worker is told to stop reading", async (t) => {
  const { talk, link } = await overLink(t);
  talk.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc");
  const stream = await link.stream(1);
  stream.answer("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
  assert.match(await talk.head(), /^HTTP\/1\.1 413 [^]*Connection: close/i);
  await until(() => stream.cancelled === cancelCause.earlyAnswer, "the cancel");
});

for (const [end, early] of [
  ["by its length", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"],
  ["with its stream", "HTTP/1.1 401 Unauthorized\r\n\r\nno"],
] as const) {
  test(`an answer, whole ${end}, while the rest of a whole request waits for credit: the worker is told`, async (t) => {
    const worker = await linkedWorker(t);
    const { table, client } = await startTestProxy(t);
    const limits = { replayBodyBytesMax: 1_048_576 };
    table({ workers: [rowOf(worker)], services: [testService({ maxInFlight: 1 })], limits });
    const [first, second] = [await client(), await client()];
    first.send(get);
    await first.message();
    const link = await worker.linked.link();
    first.send(get);
    const holding = await link.stream(1);
    const bodyBytes = 2 * initialCreditBytes;
    const { mock: ends } = t.mock.method(Exchange.prototype, "requestEnd");
    second.send(`POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: ${bodyBytes}\r\n\r\n`);
    second.send(Buffer.alloc(bodyBytes));
    await until(() => ends.callCount() === 1, "it is held whole");
    holding.answer(ok);
    const stream = await link.stream(2);
    await until(() => stream.bodyBytes === initialCreditBytes, "what the credit allows");
    stream.answer(early);
    assert.match(await second.head(), /^HTTP\/1\.1 401 /);
    await until(() => stream.cancelled === cancelCause.earlyAnswer, "the cancel");
    assert.equal(stream.ended, false);
  });
}
