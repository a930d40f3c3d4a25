import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { get, ok, overLink } from "../testing/testing-linked.ts";

/** What of Node's own handles writes: below its streams, so that each call is one to the kernel. */
interface Handle {
  getpeername(to: { port?: number }): number;
}
type HandleWrite = (this: Handle, ...rest: unknown[]) => unknown;

/** Counts the writes of this process that go to a port, however they are made. */
function countWrites(t: TestContext, socket: Socket, port: number): { count: number } {
  const handle = (socket as unknown as { _handle: object })._handle;
  let owner: object = handle;
  while (!Object.hasOwn(owner, "writeBuffer")) owner = Object.getPrototypeOf(owner) as object;
  const methods = owner as Record<string, HandleWrite>;
  const seen = { count: 0 };
  for (const name of ["writeBuffer", "writev", "writeLatin1String", "writeUtf8String"]) {
    const write = methods[name]!;
    methods[name] = function (...rest) {
      const to: { port?: number } = {};
      this.getpeername(to);
      if (to.port === port) seen.count += 1;
      return write.apply(this, rest);
    };
    t.after(() => void (methods[name] = write));
  }
  return seen;
}

test("what many clients ask in one turn of the loop goes to their worker together", async (t) => {
  const { talk, client, link, linked } = await overLink(t);
  const count = 50;
  const clients = await Promise.all(Array.from({ length: count }, async () => client()));
  link.onRequest = (stream) => stream.answer(ok);
  link.answersPings = true;
  talk.send(get);
  await talk.message();
  const writes = countWrites(t, talk.socket, linked.address.port);
  const rounds = 10;
  for (let round = 0; round < rounds; round += 1) {
    for (const one of clients) one.send(get);
    await Promise.all(clients.map(async (one) => one.message()));
  }
  // On a busy machine some may have gone over HTTP/1.1 meanwhile.
  const asked = link.streams.size;
  assert.ok(asked > (rounds * count) / 2, `only ${asked} over the link`);
  assert.ok(writes.count >= rounds, "each is counted");
  // The kernel may tell of some a turn later; a write for each would be ten times as many.
  assert.ok(writes.count <= asked / 3, `${writes.count} writes for ${asked} requests`);
});
