import assert from "node:assert/strict";
import { test } from "node:test";
import { asFound, asTold, type ToldState } from "./since.ts";
import { TestWorker } from "./testing-worker.ts";
import type { Worker } from "./worker.ts";

const begun = (begunAtMs: number | undefined): Worker => {
  const { worker } = new TestWorker();
  return {
    ...worker,
    registration: { ...worker.registration, ...(begunAtMs === undefined ? {} : { begunAtMs }) },
  };
};

const beginnings: [string, begunAtMs: number | undefined, settled: boolean, found: boolean][] = [
  ["a life that begins with its session", 10_000, false, false],
  ["one that a peer has just welcomed", 9_900, true, false],
  ["one that began an hour ago", 1, true, true],
  ["a plain heartbeat while all is gathered", undefined, false, true],
  ["a plain heartbeat later", undefined, true, false],
];
for (const [name, begunAtMs, settled, found] of beginnings) {
  test(`${name} is ${found ? "found" : "seen to begin"}`, () =>
    assert.equal(asFound(begun(begunAtMs), 10_000, settled).found, found));
}

/** Live since its first check at 100, in the state in which it was found. */
function foundLive(): TestWorker {
  const one = new TestWorker();
  one.worker = asFound(one.worker, 0, false);
  return one.at(100, { kind: "check-passed", answered: false });
}

test("the first check ends no state that was found; every other change does", () => {
  const one = foundLive();
  assert.deepEqual([one.state, one.worker.found, one.worker.stateSince], ["live", true, 100]);
  one.at(200, { kind: "evidence", evidence: "refused" });
  assert.equal(one.worker.found, false);
  one.at(300, { kind: "probe-connected" });
  assert.deepEqual([one.state, one.worker.found, one.worker.stateSince], ["live", false, 300]);
});

const live: ToldState = { state: "live", cause: undefined, since: -5_000, found: false };
const told: [string, ToldState, since: number, found: boolean][] = [
  ["longer: taken", live, -5_000, false],
  ["longer, and found there too: at least so long", { ...live, found: true }, -5_000, true],
  ["shorter: it was found so before", { ...live, since: 150 }, 100, true],
  ["another state", { ...live, state: "draining" }, 100, true],
  ["another cause", { ...live, cause: "stalled" }, 100, true],
];
for (const [name, one, since, found] of told) {
  test(`a peer knows of it ${name}`, () => {
    const { worker } = foundLive();
    const after = asTold(worker, one);
    assert.deepEqual([after.stateSince, after.found], [since, found]);
    assert.equal(asTold(after, one), after, "told once more, nothing changes");
  });
}

test("of what was seen to begin here, nobody knows more", () => {
  const { worker } = foundLive()
    .at(200, { kind: "evidence", evidence: "refused" })
    .at(300, { kind: "probe-connected" });
  assert.equal(asTold(worker, live), worker);
});
