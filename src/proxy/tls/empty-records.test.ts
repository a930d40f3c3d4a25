import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { EmptyRecords } from "./empty-records.ts";

/** What each look finds, where so much came since the one before. */
function looks(each: readonly (readonly [read: number, content: number])[]): boolean[] {
  const transport = { bytesRead: 700 };
  const secure = { bytesRead: 0 };
  const records = new EmptyRecords(transport as Socket, secure as Socket);
  return each.map(([read, content]) => {
    transport.bytesRead += read;
    secure.bytesRead += content;
    return records.areTooMany();
  });
}

/** The first look that finds too many, from 1. */
const cutAt = (read: number, content = 0): number =>
  looks(Array.from({ length: 100 }, () => [read, content] as const)).indexOf(true) + 1;

test("a record that comes in pieces is no flood, for its content comes with the last one", () => {
  assert.deepEqual(
    looks([
      [10_000, 0],
      [6_408, 16_384],
    ]),
    [false, false],
  );
  const slowly: [number, number][] = [];
  for (let record = 0; record < 20; record += 1)
    slowly.push([5_000, 0], [5_000, 0], [5_000, 0], [1_408, 16_384]);
  assert.ok(!looks(slowly).includes(true));
});

test("the longest record of TLS 1.2, but for its last byte, is none", () => {
  assert.deepEqual(looks([[16_384 + 2_048 + 4, 0]]), [false]);
});

test("a flood is seen at once, a thin one within a few looks", () => {
  assert.equal(cutAt(2_000 * 27), 1);
  assert.equal(cutAt(20_000), 2);
  assert.equal(cutAt(10_000), 3);
});

test("what every client may say besides its content never adds up", () => {
  assert.equal(cutAt(4_096), 0);
  assert.equal(cutAt(320 * 100, 1_000), 0);
});
