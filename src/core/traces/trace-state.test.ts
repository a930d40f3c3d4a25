import assert from "node:assert/strict";
import { test } from "node:test";
import { readTracestate } from "./trace-state.ts";

const many = (count: number): string => Array.from({ length: count }, (_, at) => `k${at}=1`).join(",");
const long = (name: string, length: number): string => `${name}=${"x".repeat(length - name.length - 1)}`;

const cases: [what: string, lines: string[], told: string][] = [
  ["one", ["foo=1"], "foo=1"],
  ["several lines are one list", ["foo=1", "bar=2"], "foo=1,bar=2"],
  ["blanks around members", ["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"],
  ["empty lines and members", ["", "foo=1,,bar=2,"], "foo=1,bar=2"],
  ["none", [], ""],
  ["every byte that a key may have", ["a0_-*/=1,0a@b=2"], "a0_-*/=1,0a@b=2"],
  ["a value with a blank within", ["foo=a b"], "foo=a b"],
  [
    "a value with all but comma and equals sign",
    ["foo=!\"#$%&'()*+-./:;<>?@[]^_`{|}~"],
    "foo=!\"#$%&'()*+-./:;<>?@[]^_`{|}~",
  ],
  ["the longest key", [`${"a".repeat(256)}=1`], `${"a".repeat(256)}=1`],
  ["as many as may be", [many(32)], many(32)],
  ["one more", [many(33)], ""],
  ["a key in upper case", ["foo=1,BAR=2"], ""],
  ["a key with a blank", ["foo =1"], ""],
  ["a key that is too long", [`${"a".repeat(257)}=1`], ""],
  ["no key", ["=1"], ""],
  ["no value", ["foo="], ""],
  ["no equals sign", ["foo"], ""],
  ["two equals signs", ["foo=bar=baz"], ""],
  ["a byte beyond ASCII", ["foo=\u00e4"], ""],
  ["a value that is too long", [`foo=${"x".repeat(257)}`], ""],
  [
    "too long in all: long members first",
    [[long("a", 100), long("b", 200), long("c", 100), long("d", 200)].join(",")],
    [long("a", 100), long("c", 100)].join(","),
  ],
  [
    "too long in all: then from the right",
    [Array.from({ length: 6 }, (_, at) => long(`k${at}`, 100)).join(",")],
    Array.from({ length: 5 }, (_, at) => long(`k${at}`, 100)).join(","),
  ],
];

for (const [what, lines, told] of cases) {
  test(what, () => assert.equal(readTracestate(lines), told));
}
