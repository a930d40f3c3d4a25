import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Column, shortAge, table } from "./table.ts";

interface Row {
  name: string;
  state: string;
  count: string;
}

const columns: Column<Row>[] = [
  { title: "NAME", shrinks: true, text: ({ name }) => name },
  { title: "STATE", text: ({ state }) => state, paint: (_, text) => `<${text}>` },
  { title: "N", align: "right", text: ({ count }) => count },
];

test("columns are aligned, and empty ones left out", () => {
  const rows = [
    { name: "a", state: "live", count: "7" },
    { name: "long", state: "x", count: "10" },
  ];
  assert.deepEqual(table(columns, rows, 80), ["NAME  STATE   N", "a     <live >   7", "long  <x    >  10"]);
  const without = rows.map((row) => ({ ...row, count: "" }));
  assert.deepEqual(table(columns, without, 80), ["NAME  STATE", "a     <live >", "long  <x    >"]);
});

test("too wide: columns that may shrink are cut in the middle", () => {
  const rows = [{ name: "abcdefghijklmnopqrstuvwxyz", state: "live", count: "1" }];
  const lines = table(columns, rows, 20);
  assert.deepEqual(lines, ["NAME        STATE  N", "abcde\u2026wxyz  <live >  1"]);
});

test("whatever the cells, a table keeps to its width", () => {
  const plain: Column<Row>[] = [
    { title: "NAME", shrinks: true, text: ({ name }) => name },
    { title: "STATE", text: ({ state }) => state },
    { title: "N", align: "right", text: ({ count }) => count },
  ];
  const row = fc.record({
    name: fc.string({ maxLength: 200 }),
    state: fc.string({ maxLength: 10 }),
    count: fc.string({ maxLength: 5 }),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), fc.integer({ min: 1, max: 40 }), (rows, narrow) => {
      for (const line of table(plain, rows, 80)) assert.ok(line.length <= 80);
      for (const line of table(plain, rows, narrow, true)) assert.ok(line.length <= narrow);
    }),
  );
});

test("ages", () => {
  assert.deepEqual([0, 119_999, 120_000, 7_200_000, 172_800_000].map(shortAge), [
    "0s",
    "119s",
    "2m",
    "2h",
    "2d",
  ]);
});
