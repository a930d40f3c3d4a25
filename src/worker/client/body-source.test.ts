import assert from "node:assert/strict";
import { once } from "node:events";
import { Readable } from "node:stream";
import { test } from "node:test";
import { BodySource } from "./body-source.ts";
import { endless } from "./testing-streams.ts";

const mine = new Error("my disk is broken");

test("an error before it is read is told by `failed`; one while it is read by `next` alone", async () => {
  const unread = endless();
  const { failed } = new BodySource(unread);
  unread.destroy(mine);
  await once(failed, "abort");
  assert.equal(failed.reason, mine);
  const read = endless();
  const source = new BodySource(read);
  const next = source.next();
  read.destroy(mine);
  await assert.rejects(next, (error) => error === mine);
  assert.equal(source.failed.aborted, false);
});

test("what a stream says when it is let go is no news", async () => {
  const stream = new Readable({ read: () => {}, destroy: (_error, done) => done(mine) });
  new BodySource(stream).letGoUnread();
  await new Promise<void>((resolve) => stream.once("close", resolve));
});

test("read to its end, a stream is its owner's again: an error of it is not kept from him", async () => {
  const stream = Readable.from(["all"]);
  const before = stream.listenerCount("error");
  const source = new BodySource(stream);
  while ((await source.next()).done !== true);
  assert.equal(stream.listenerCount("error"), before);
});
