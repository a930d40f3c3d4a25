import assert from "node:assert/strict";
import { test } from "node:test";
import { endFlag, frameKind } from "../../link/link.ts";
import { ok, overLink } from "../testing/testing-linked.ts";
import { until } from "../testing/testing-peers.ts";

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
