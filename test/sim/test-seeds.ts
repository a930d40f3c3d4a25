import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "./simulate.ts";

/** Every seed of the range must hold; `SKEIN_SEED=n` runs that one alone. The first that fails is told with its transcript. */
export function testSeeds(first: number, last: number): void {
  const replay = process.env["SKEIN_SEED"];
  const only = replay === undefined ? undefined : Number(replay);
  const name = `seeds ${only ?? `${first} to ${last}`}: nothing happens that must never`;
  void test(name, async () => {
    let requests = 0;
    for (let seed = only ?? first; seed <= (only ?? last); seed += 1) {
      const report = await simulate(seed);
      requests += report.requests;
      const told = [`SKEIN_SEED=${seed} npm run sim`, ...report.transcript, ...report.violations];
      assert.deepEqual(report.violations, [], told.join("\n"));
    }
    assert.ok(requests > 0, "no request was made: nothing was tested");
  });
}
