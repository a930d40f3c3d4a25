import assert from "node:assert/strict";
import { test } from "node:test";
import { endFlag, frameKind } from "../../link/link.ts";
import { linkedWorker, ok, overLink, proxyBefore, rowOf } from "../testing/testing-linked.ts";
import { until } from "../testing/testing-peers.ts";
import { testRoute, testService, testWorkerRow } from "../testing/testing-table.ts";

/** More than the kernel keeps for both ends of a connection. */
const enoughBytes = 48 * 1_048_576;

test("a worker that asks and asks, and reads no answer, loses its link", async (t) => {
  const { link, proxy } = await overLink(t);
  link.socket.pause();
  const text = "x".repeat(1_000);
  for (let bytes = 0; bytes < enoughBytes && !link.closed; bytes += 1_000_000) {
    link.write((frames) => {
      for (let n = 0; n < 1_000; n += 1) frames.text(frameKind.ping, 0, 0, text);
    });
    await until(() => link.closed || link.socket.writableLength === 0, "the proxy to read");
  }
  await until(() => proxy.statistics.links.open === 0, "the link's end");
});

test("a worker that goes on answering what is over, and reads nothing, loses its link", async (t) => {
  const { link, proxy, talk } = await overLink(t);
  talk.send(`GET /a HTTP/1.1\r\nHost: h\r\n\r\n`);
  (await link.stream(1)).answer(ok);
  await talk.message();
  link.socket.pause();
  for (let bytes = 0; bytes < enoughBytes && !link.closed; bytes += 900_000) {
    link.write((frames) => {
      for (let n = 0; n < 100_000; n += 1) frames.text(frameKind.answer, 1, 0, "x");
    });
    await until(() => link.closed || link.socket.writableLength === 0, "the proxy to read");
  }
  await until(() => proxy.statistics.links.open === 0, "the link's end");
});

test("a worker that answers what it has not read gets no more requests over its link", async (t) => {
  const { link, proxy, talk } = await overLink(t);
  const { links } = proxy.statistics;
  link.socket.pause();
  const head = `GET /a HTTP/1.1\r\nHost: h\r\nX-Long: ${"x".repeat(14_000)}\r\n\r\n`;
  for (let bytes = 0; bytes < enoughBytes; bytes += head.length) {
    const before = links.requests;
    talk.send(head);
    await until(() => links.requests > before || talk.received !== "", "the request's way");
    if (links.requests === before) break;
    link.write((frames) => frames.text(frameKind.answer, links.requests, endFlag, ok));
    assert.equal((await talk.message()).body, "ok");
  }
  assert.equal((await talk.message()).body, "http");
});

const forged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
const hints = "HTTP/1.1 103 Early Hints\r\n\r\n";

for (const [what, answer, status] of [
  ["behind the end of its body", ok, "200"],
  ["behind the end of an answer without a body", "HTTP/1.1 204 No Content\r\n\r\n", "204"],
  ["behind more 1xx than are taken", hints.repeat(11), "502"],
] as const) {
  test(`an answer ${what} is nobody's: the next request, to another service, gets its own worker's`, async (t) => {
    const hostile = await linkedWorker(t);
    const { talk, table, worker, proxy } = await proxyBefore(t, []);
    const other = (await worker()).answerAll("other");
    const { match } = testRoute();
    const toOther = { ...match, path: { kind: "prefix", path: "/other" } as const };
    table({
      services: [testService(), testService({ name: "other" })],
      routes: [
        testRoute({ name: "/other", match: toOther, to: [{ service: "other", weight: 1 }] }),
        testRoute(),
      ],
      workers: [rowOf(hostile), testWorkerRow(other.port, { service: "other" })],
    });
    const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
    for (const path of ["/", "/other"]) {
      talk.send(get(path));
      await talk.message();
    }
    const link = await hostile.linked.link();
    await until(() => proxy.statistics.links.open === 1, "the open link");
    talk.send(get("/") + get("/other"));
    (await link.stream(1)).answer(answer + forged);
    let { head, body } = await talk.message();
    while (head.startsWith("HTTP/1.1 103 ")) ({ head, body } = await talk.message());
    assert.equal(head.slice(9, 12), status);
    ({ head, body } = await talk.message());
    assert.equal(body, "other", head);
    assert.equal(other.connections.length, 1);
    assert.deepEqual(proxy.report().poisoned, {});
  });
}
