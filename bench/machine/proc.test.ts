import assert from "node:assert/strict";
import { test } from "node:test";
import { busyIn, cpuBetween, cpuIn, cpuOf, familyOf, parentIn, rssBytesIn, rssBytesOf } from "./proc.ts";

const stat =
  "4711 (nginx: (worker) x) S 4710 4711 4711 0 -1 4194560 2101 0 0 0 137 264 0 0 20 0 1 0 99 12 34 18446744073709551615";

test("fields are counted behind a name, whatever is in it", () => {
  assert.deepEqual(cpuIn(stat), { user: 1_370_000, system: 2_640_000 });
  assert.equal(parentIn(stat), 4710);
  assert.deepEqual(cpuBetween({ user: 1, system: 2 }, { user: 11, system: 22 }), { user: 10, system: 20 });
});

test("a core is busy with everything but waiting", () => {
  const text =
    "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 10 1 20 500 7 2 3 4 0 0\ncpu1 100 0 0 0 0 0 0 0 0 0\nintr 1 2\n";
  assert.equal(busyIn(text, [0]), 400_000);
  assert.equal(busyIn(text, [0, 1]), 1_400_000);
  assert.equal(busyIn(text, [7]), 0);
});

test("resident memory is told in kibibytes", () => {
  assert.equal(rssBytesIn("Name:\tnode\nVmHWM:\t  200 kB\nVmRSS:\t  100 kB\nThreads:\t7\n"), 102_400);
  assert.equal(rssBytesIn("Name:\tzombie\n"), 0);
});

test("this very process has used time and memory", { skip: process.platform !== "linux" }, () => {
  const { user, system } = cpuOf([process.pid]);
  assert.ok(user + system > 0);
  assert.ok(rssBytesOf([process.pid]) > 1e6);
  assert.deepEqual(cpuOf([process.pid, process.pid]).user >= 2 * user, true);
  assert.ok(familyOf(process.ppid).includes(process.pid));
});
