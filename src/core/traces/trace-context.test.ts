import assert from "node:assert/strict";
import { test } from "node:test";
import { readTraceparent, traceFlags, writeTraceparent } from "./trace-context.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const parentId = "b7ad6b7169203331";
const plain = `00-${traceId}-${parentId}-01`;

/** The cases of https://www.w3.org/TR/trace-context-2/ and of its validation suite. */
const valid: [what: string, text: string, flags: number][] = [
  ["sampled", plain, traceFlags.sampled],
  ["not sampled", `00-${traceId}-${parentId}-00`, 0],
  ["random", `00-${traceId}-${parentId}-03`, traceFlags.sampled | traceFlags.random],
  ["flags that nobody knows yet are not passed on", `00-${traceId}-${parentId}-ff`, 3],
  ["a later version as long as this one", `cc-${traceId}-${parentId}-01`, 1],
  ["a later version with more", `cc-${traceId}-${parentId}-01-what-the-future-will-be-like`, 1],
  ["a later version with an empty part", `cc-${traceId}-${parentId}-01-`, 1],
];

for (const [what, text, flags] of valid) {
  test(`valid: ${what}`, () => {
    const context = readTraceparent(text);
    assert.deepEqual(context, { traceId, parentId, flags });
    assert.equal(writeTraceparent(context), `00-${traceId}-${parentId}-0${flags}`);
  });
}

const zeroTrace = "0".repeat(32);
const zeroParent = "0".repeat(16);
const invalid: [what: string, text: string][] = [
  ["empty", ""],
  ["nothing like it", "00-a-b-01"],
  ["version ff", `ff-${traceId}-${parentId}-01`],
  ["version ff with more", `ff-${traceId}-${parentId}-01-more`],
  ["version 00 with more", `${plain}-what-the-future-will-be-like`],
  ["version 00 with a trailing hyphen", `${plain}-`],
  ["version 00 with a dot after it", `${plain}.`],
  ["a later version with no hyphen before what follows", `cc-${traceId}-${parentId}-01.what`],
  ["the version is no number", `.0-${traceId}-${parentId}-01`],
  ["the version is too long", `000-${traceId}-${parentId}-01`],
  ["the version is too short", `0-${traceId}-${parentId}-01`],
  ["no version", `${traceId}-${parentId}-01`],
  ["a trace's id of zeros", `00-${zeroTrace}-${parentId}-01`],
  ["a trace's id with a dot", `00-.${traceId.slice(1)}-${parentId}-01`],
  ["a trace's id in upper case", `00-${traceId.toUpperCase()}-${parentId}-01`],
  ["a trace's id that is too long", `00-${traceId}00-${parentId}-01`],
  ["a trace's id that is too short", `00-${traceId.slice(1)}-${parentId}-01`],
  ["a parent of zeros", `00-${traceId}-${zeroParent}-01`],
  ["a parent with a dot", `00-${traceId}-.${parentId.slice(1)}-01`],
  ["a parent in upper case", `00-${traceId}-${parentId.toUpperCase()}-01`],
  ["a parent that is too long", `00-${traceId}-${parentId}00-01`],
  ["a parent that is too short", `00-${traceId}-${parentId.slice(1)}-01`],
  ["flags with a dot", `00-${traceId}-${parentId}-.0`],
  ["flags in upper case", `00-${traceId}-${parentId}-0F`],
  ["flags that are too long", `00-${traceId}-${parentId}-001`],
  ["flags that are too short", `00-${traceId}-${parentId}-1`],
  ["two in one field", `${plain}, ${plain}`],
  ["a line after it", `${plain}\n`],
];

for (const [what, text] of invalid) {
  test(`not valid: ${what}`, () => assert.equal(readTraceparent(text), undefined));
}
