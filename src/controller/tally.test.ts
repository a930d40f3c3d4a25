import assert from "node:assert/strict";
import { test } from "node:test";
import { servicesReportedMax } from "../protocol/evidence.ts";
import { Tally } from "./tally.ts";

test("changes are counted by service, kind and cause", () => {
  const tally = new Tally();
  for (const cause of ["refused", "refused", "reset"])
    tally.change({ kind: "worker-suspect", service: "web", data: { cause } });
  assert.deepEqual(
    [...tally.changes],
    [
      { service: "web", change: "worker-suspect", cause: "refused", count: 2 },
      { service: "web", change: "worker-suspect", cause: "reset", count: 1 },
    ],
  );
});

test("services that came and went are forgotten, those that changed last are not", () => {
  const tally = new Tally();
  for (let n = 0; n < 2 * servicesReportedMax; n += 1) {
    tally.change({ kind: "worker-live", service: `preview-${n}` });
    tally.change({ kind: "worker-live", service: "lasting" });
  }
  const told = new Map([...tally.changes].map(({ service, count }) => [service, count]));
  assert.equal(told.size, servicesReportedMax);
  assert.equal(told.get("lasting"), 2 * servicesReportedMax);
  assert.ok(told.has(`preview-${2 * servicesReportedMax - 1}`) && !told.has("preview-0"));
});
