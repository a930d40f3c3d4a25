import assert from "node:assert/strict";
import { test } from "node:test";
import { cases } from "./cases.ts";
import { emptyResults, measured } from "./testing-results.ts";
import { judge, targets } from "./targets.ts";

const target = (name: string) => targets.find((one) => one.name.startsWith(name)) ?? assert.fail(name);

test("every target is of cases that exist, and of a loop that they have", () => {
  for (const { name, needs } of targets) {
    for (const place of needs) {
      const found = cases.find((one) => one.name === place.case);
      assert.ok(found?.[place.loop], `${name} needs ${place.case} (${place.loop})`);
    }
  }
});

test("the median of the pairs decides, not the ratio of the medians", () => {
  const results = emptyResults();
  // 1.2, 1.2 and 0.1: the median of the ratios is 1.2, though skein's own median is far below.
  for (const [round, ours, theirs] of [
    [1, 12, 10],
    [2, 120, 100],
    [3, 10, 100],
  ] as const) {
    results.measurements.push(measured({ case: "get", peer: "skein", round }, ours));
    results.measurements.push(measured({ case: "get", peer: "nginx", round }, theirs));
  }
  const verdict = judge(target("small GET: CPU of skein : nginx"), results);
  assert.equal(verdict.kind, "missed");
  assert.equal(verdict.kind === "missed" && verdict.reached.median.toFixed(3), "1.200");
});

test("on the bound is held, beyond it is not, in both senses", () => {
  const verdictOf = (name: string, ours: number): string => {
    const results = emptyResults();
    results.measurements.push(measured({ case: "get", peer: "skein-link", round: 1 }, ours));
    results.measurements.push(measured({ case: "get", peer: "nginx", round: 1 }, 24));
    return judge(target(name), results).kind;
  };
  assert.equal(verdictOf("link: requests/s per core", 20), "held");
  assert.equal(verdictOf("link: requests/s per core", 20.1), "missed");
  assert.equal(verdictOf("link: CPU of skein-link : nginx", 19.2), "held");
  assert.equal(verdictOf("link: CPU of skein-link : nginx", 19.3), "missed");
  // With the worker's 10: 10.4 + 10 of 24 + 10.
  assert.equal(verdictOf("link: proxy and worker, skein-link : nginx", 10.4), "held");
  assert.equal(verdictOf("link: proxy and worker, skein-link : nginx", 10.5), "missed");
});

test("memory is counted over what there was before the connections", () => {
  const results = emptyResults();
  const of = { case: "connections-10000", peer: "skein", round: 1, loop: "open" } as const;
  results.measurements.push(measured({ ...of, rssBeforeBytes: 100e6, rssBytes: 159e6 }, 30));
  assert.equal(judge(target("10,000 connections"), results).kind, "held");
  results.measurements.push(measured({ ...of, round: 2, rssBeforeBytes: 100e6, rssBytes: 181e6 }, 30));
  results.measurements.push(measured({ ...of, round: 3, rssBeforeBytes: 100e6, rssBytes: 161e6 }, 30));
  assert.equal(judge(target("10,000 connections"), results).kind, "missed");
});

test("what was not measured is left out with its reason, but a run that failed is a failure", () => {
  const results = emptyResults();
  assert.deepEqual(judge(target("small GET: CPU of skein : caddy"), results), {
    kind: "left-out",
    reason: "not asked for in this run",
  });
  results.leftOut.push({ peer: "caddy", reason: "caddy is not installed" });
  results.leftOut.push({ case: "proxies-2", reason: "needs 6 cores" });
  assert.deepEqual(judge(target("small GET: CPU of skein : caddy"), results), {
    kind: "left-out",
    reason: "caddy is not installed",
  });
  assert.deepEqual(judge(target("requests/s of two proxies"), results), {
    kind: "left-out",
    reason: "needs 6 cores",
  });
  results.failures.push({ case: "get", peer: "skein", round: 1, detail: "3 answers were no 2xx" });
  assert.deepEqual(judge(target("small GET: CPU of skein : caddy"), results), {
    kind: "failed",
    detail: "skein: 3 answers were no 2xx",
  });
});
