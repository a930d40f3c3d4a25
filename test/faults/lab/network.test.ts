import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test, type TestContext } from "node:test";
import type { LabHost } from "./host.ts";
import { LabNetwork, missingLab } from "./network.ts";

const skip = missingLab();

function network(t: TestContext): { a: LabHost; b: LabHost } {
  const made = new LabNetwork(["a", "b"]);
  t.after(() => made.close());
  return { a: made.host("a"), b: made.host("b") };
}

/** Whether a connection is refused (it arrived, and the answer came back) or nothing comes of it. */
function reaches(from: LabHost, to: LabHost): boolean {
  const [file = "", ...args] = from.launcher;
  const tried = spawnSync(file, [...args, "curl", "-s", "--max-time", "0.5", `http://${to.address}:1/`]);
  return tried.status === 7;
}

test("hosts reach each other; what one sends is lost, until it is healed", { skip }, (t) => {
  const { a, b } = network(t);
  assert.deepEqual([reaches(a, b), reaches(b, a)], [true, true]);
  a.dropTowards(b.address, 1);
  // The other way b's question arrives, and a's answer, from port 1, is none that is sent to port 1.
  assert.deepEqual([reaches(a, b), reaches(b, a)], [false, true]);
  a.heal();
  a.dropTowards(b.address);
  assert.deepEqual([reaches(a, b), reaches(b, a)], [false, false]);
  a.heal();
  a.dropOwnTowards(b.address);
  assert.deepEqual([reaches(a, b), reaches(b, a)], [false, true]);
  a.heal();
  b.loseIncoming(100);
  assert.equal(reaches(a, b), false);
  b.heal();
  assert.deepEqual([reaches(a, b), reaches(b, a)], [true, true]);
});

test(
  "a host without power has no process and no network, and comes back with its own address alone",
  { skip },
  (t) => {
    const { a, b } = network(t);
    b.start("sleep", ["1000"], "/dev/null");
    while (b.pids().length === 0);
    b.cutPower();
    assert.deepEqual(b.pids(), []);
    assert.equal(reaches(a, b), false);
    b.powerOn();
    // Its neighbours have to find it again.
    const tries = Array.from({ length: 20 }, (_, index) => index);
    assert.ok(
      tries.some(() => reaches(a, b)),
      "it is reached again",
    );
    assert.equal(b.has(b.address), true);
  },
);
