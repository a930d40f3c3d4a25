import assert from "node:assert/strict";
import { test } from "node:test";
import { readServerSentEvents } from "./server-sent-events.ts";

const text =
  ': hello\n\nid: 1\nevent: a\ndata: {"n":1}\n\ndata: x\r\ndata:y\r\n\r\n: alive\n\ndata: sch\u00F6n\n\ndata: cut';

async function read(pieceLength: number): Promise<string[]> {
  const bytes = new TextEncoder().encode(text);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += pieceLength)
      yield await Promise.resolve(bytes.subarray(at, at + pieceLength));
  }
  const found: string[] = [];
  for await (const { event, data } of readServerSentEvents(pieces())) found.push(`${event} ${data}`);
  return found;
}

test("the same events however the stream is cut; a cut one is not an event", async () => {
  for (const length of [1, 2, 3, 7, 1000]) {
    assert.deepEqual(
      await read(length),
      ['a {"n":1}', "message x\ny", "message sch\u00F6n"],
      `pieces of ${length}`,
    );
  }
});
