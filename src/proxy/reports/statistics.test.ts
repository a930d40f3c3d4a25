import assert from "node:assert/strict";
import { test } from "node:test";
import { servicesReportedMax } from "../../protocol/evidence.ts";
import { Statistics } from "./statistics.ts";

test("services that came and went make way for others; with too many at once the newest are not told of", () => {
  const statistics = new Statistics();
  const told = (): string[] => Object.keys(statistics.report("proxy-1", "i").services);
  statistics.service("lasting");
  for (let n = 0; n < 2 * servicesReportedMax; n += 1) {
    statistics.service(`preview-${n}`);
    statistics.serviceGone(`preview-${n}`);
  }
  assert.equal(told().length, servicesReportedMax);
  assert.ok(told().includes("lasting"));
  assert.ok(told().includes(`preview-${2 * servicesReportedMax - 1}`));
  for (let n = 0; n < 2 * servicesReportedMax; n += 1) statistics.service(`here-${n}`);
  assert.equal(told().length, servicesReportedMax);
  assert.ok(told().includes("lasting") && told().includes("here-0"));
  assert.ok(!told().some((name) => name.startsWith("preview-")));
});
