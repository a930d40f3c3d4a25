import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestKey } from "../../protocol/configuration.ts";
import { startTestProxy } from "../testing/testing-proxy.ts";
import { TestWorker } from "../testing/testing-peers.ts";
import { testService, testWorkerRow } from "../testing/testing-table.ts";

interface Sent {
  target?: string;
  host?: string;
  fields?: string;
}

const request = ({ target = "/", host = "h", fields = "" }: Sent): string =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`;

const user = (name: string): { [from in RequestKey["from"]]?: Sent } => ({
  host: { host: name },
  path: { target: `/${name}?x=${Math.random()}` },
  header: { fields: `X-User: ${name}\r\n` },
  cookie: { fields: `Cookie: other=1; user=${name}; user=second\r\n` },
  query: { target: `/?other=1&user=${name}` },
});

const keys: RequestKey[] = [
  { from: "host" },
  { from: "path" },
  { from: "header", name: "x-user" },
  { from: "cookie", name: "user" },
  { from: "query", name: "user" },
];

for (const key of keys) {
  test(`by ${key.from}: what has the same key goes to the same worker, over all proxies; others elsewhere`, async (t) => {
    const workers = await Promise.all(
      Array.from({ length: 4 }, async (_, at) => (await new TestWorker().listen()).answerAll(`worker ${at}`)),
    );
    t.after(() => workers.forEach((worker) => worker.close()));
    const rows = workers.map((worker, at) => testWorkerRow(worker.port, { id: `w-${at}` }));
    const services = [testService({ policy: "rendezvous", policyKey: key })];
    const talks = [];
    for (const order of [rows, rows.toReversed()]) {
      const proxy = await startTestProxy(t);
      proxy.table({ services, workers: order });
      talks.push(await proxy.client());
    }
    const seen = new Set<string>();
    for (let number = 0; number < 12; number += 1) {
      const answers = new Set<string>();
      for (const talk of [...talks, ...talks]) {
        talk.send(request(user(`u${number}`)[key.from] ?? {}));
        answers.add((await talk.message()).body);
      }
      assert.equal(answers.size, 1, [...answers].join(", "));
      for (const answer of answers) seen.add(answer);
    }
    assert.ok(seen.size > 1, "all went to one worker");
  });
}
