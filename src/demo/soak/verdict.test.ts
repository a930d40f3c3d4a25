import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../runtime/random.ts";
import { Recorder, type Sample } from "./recorder.ts";
import { judge, neverJudged, notBack, type ProcessVerdict, thoseThat } from "./verdict.ts";

const sample = (atMs: number, more: Partial<Sample> = {}): Sample => ({
  atMs,
  residentBytes: 100e6,
  descriptors: 40,
  sockets: 30,
  ...more,
});

test("of each ten seconds the least memory is kept, and the most descriptors", () => {
  const recorder = new Recorder();
  recorder.add("proxy-1", 1, sample(10_000, { residentBytes: 120e6, descriptors: 50, heapBytes: 9e6 }));
  recorder.add("proxy-1", 1, sample(12_000, { residentBytes: 110e6, descriptors: 45, heapBytes: 8e6 }));
  recorder.add("proxy-1", 1, sample(14_000, { residentBytes: 130e6, descriptors: 70 }));
  recorder.add("proxy-1", 1, sample(20_000));
  const [first, second] = recorder.lives[0]?.rows ?? [];
  assert.equal(recorder.lives[0]?.rows.length, 2);
  assert.deepEqual(
    [first?.atMs, first?.residentBytes, first?.descriptorsMax, first?.heapBytes],
    [10_000, 110e6, 70, 8e6],
  );
  assert.equal(second?.atMs, 20_000);
});

const growing = (verdicts: readonly ProcessVerdict[], of: "memory" | "descriptors"): string[] =>
  thoseThat("grows", verdicts, of).map(({ name }) => name);

const endMs = 1_800_000;

const loadMs = 180_000;

/** Half an hour in which memory and descriptors grow by so much a second. */
function record(
  recorder: Recorder,
  name: string,
  bytesPerSecond: number,
  descriptorsPerSecond: number,
): void {
  for (let atMs = 0; atMs <= endMs; atMs += 2_000) {
    recorder.add(name, 7, sample(atMs, { residentBytes: 100e6 + (bytesPerSecond * atMs) / 1000 }));
    if (atMs > 0 && atMs % loadMs === 0) {
      recorder.rest(name, {
        pid: 7,
        atMs,
        descriptors: 40 + Math.floor((descriptorsPerSecond * atMs) / 1000),
      });
    }
  }
}

test("connections of a load are no trend, however many; one more at rest in ten minutes is", () => {
  const recorder = new Recorder();
  const chance = seededRandom(3);
  for (let atMs = 0; atMs <= endMs; atMs += 2_000) {
    const extra = Math.floor(30 * chance() * (1 + atMs / endMs));
    recorder.add("spared", 7, sample(atMs, { descriptors: 27 + extra }));
    recorder.add("leaking", 8, sample(atMs, { descriptors: 27 + extra }));
    if (atMs === 0 || atMs % loadMs !== 0) continue;
    recorder.rest("spared", { pid: 7, atMs, descriptors: 27 });
    recorder.rest("leaking", { pid: 8, atMs, descriptors: 27 + Math.floor(atMs / 600_000) });
  }
  const verdicts = judge(recorder.lives, 0, endMs);
  assert.deepEqual(growing(verdicts, "descriptors"), ["leaking"]);
  assert.deepEqual(thoseThat("unknown", verdicts, "descriptors"), []);
});

test("who grows by more than one percent in ten minutes is named", () => {
  const recorder = new Recorder();
  record(recorder, "flat", 0, 0);
  // 600 kB and 3 MB in ten minutes.
  record(recorder, "almost", 1000, 0);
  record(recorder, "leaking", 5000, 0);
  record(recorder, "opening", 0, 0.01);
  const verdicts = judge(recorder.lives, 0, endMs);
  assert.deepEqual(growing(verdicts, "memory"), ["leaking"]);
  assert.deepEqual(growing(verdicts, "descriptors"), ["opening"]);
});

test("growth before the judged time does not count", () => {
  const recorder = new Recorder();
  for (let atMs = 0; atMs <= endMs; atMs += 2_000) {
    recorder.add("warm", 7, sample(atMs, { residentBytes: 100e6 + Math.min(atMs, 590_000) * 100 }));
  }
  assert.deepEqual(growing(judge(recorder.lives, 0, endMs), "memory"), []);
});

test("a process that was replaced in the judged time is shown, not judged", () => {
  const recorder = new Recorder();
  for (let atMs = 0; atMs <= endMs; atMs += 2_000) {
    recorder.add("proxy-2", atMs < 900_000 ? 1 : 2, sample(atMs, { residentBytes: 50e6 + atMs * 100 }));
  }
  const [verdict] = judge(recorder.lives, 0, endMs);
  assert.deepEqual([verdict?.lives, verdict?.judged], [2, false]);
  assert.deepEqual(growing(judge(recorder.lives, 0, endMs), "memory"), []);
  // And nothing is known of its kind, unless another one lived on.
  assert.deepEqual(neverJudged(judge(recorder.lives, 0, endMs)), ["proxy"]);
  record(recorder, "proxy-1", 0, 0);
  assert.deepEqual(neverJudged(judge(recorder.lives, 0, endMs)), []);
});

test("what has not come back is said, and what is less is no matter", () => {
  const base = new Map([
    ["proxy-1", sample(0, { inFlight: 0, deadlines: 5 })],
    ["worker", sample(0)],
  ]);
  assert.deepEqual(notBack(base, base), []);
  const now = new Map([["proxy-1", sample(1, { inFlight: 1, deadlines: 4, descriptors: 41 })]]);
  assert.deepEqual(notBack(base, now), [
    "proxy-1: 41 descriptors (40 before)",
    "proxy-1: 1 requests in flight (0 before)",
    "worker is not there",
  ]);
});

test("what one controller has more than before another may have less: their sum counts", () => {
  const base = new Map([
    ["controller-1", sample(0)],
    ["controllers", sample(0, { descriptors: 80 })],
  ]);
  const now = new Map([
    ["controller-1", sample(1, { descriptors: 44 })],
    ["controllers", sample(1, { descriptors: 80 })],
  ]);
  assert.deepEqual(notBack(base, now), []);
  now.set("controllers", sample(2, { descriptors: 81 }));
  assert.deepEqual(notBack(base, now), ["controllers: 81 descriptors (80 before)"]);
});
