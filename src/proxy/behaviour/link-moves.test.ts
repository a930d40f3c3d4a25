import assert from "node:assert/strict";
import { test } from "node:test";
import { get, linkedWorker, ok, overLink, rowOf } from "../testing/testing-linked.ts";
import { until } from "../testing/testing-peers.ts";

test("a worker that listens for links elsewhere gets another one, though the first carries a long request", async (t) => {
  const scene = await overLink(t);
  scene.talk.send(get);
  const long = await scene.link.stream(1);
  const { linked } = await linkedWorker(t);
  scene.table({ workers: [rowOf({ plain: scene.plain, linked })] });
  const other = await scene.client();
  other.send(get);
  assert.equal((await other.message()).body, "http");
  const link = await linked.link();
  await until(() => scene.proxy.statistics.links.open === 2, "the other link is open");
  other.send(get);
  (await link.stream(1)).answer(ok);
  assert.equal((await other.message()).body, "ok");
  assert.equal(scene.link.closed, false);
  long.answer(ok);
  assert.equal((await scene.talk.message()).body, "ok");
  await until(() => scene.link.closed, "the first link's end");
});
