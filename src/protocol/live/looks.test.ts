import assert from "node:assert/strict";
import { test } from "node:test";
import type { LiveProxy } from "../live.ts";
import { keyOf } from "./cluster.ts";
import { type Look, type LookSpan, silenceText, spanOf, withLook } from "./looks.ts";
import { trafficBetween } from "./traffic.ts";
import { rateOf, workerTrafficBetween } from "./worker-traffic.ts";

const rows: [looks: number[], from: number | undefined][] = [
  [[], undefined],
  [[0], undefined],
  [[0, 1_000], undefined],
  [[0, 1_000, 2_000], 0],
  [[0, 1_010, 1_990, 3_020], 1_010],
  [[0, 1_000, 9_000], undefined],
];

for (const [looks, from] of rows) {
  test(`looks at ${looks.join(", ") || "nothing"}: rates are over some two seconds, or unknown`, () => {
    assert.equal(spanOf(looks.map((at) => ({ at, proxies: new Map() })))?.before.at, from);
  });
}

/** 100 requests/s since its start, all to one worker. */
function proxy(name: string, upMs: number): LiveProxy {
  const done = upMs / 10;
  const latency = [done, ...Array.from({ length: 13 }, () => 0)];
  const orders = { requests: done, byStatusClass: [0, done], inFlight: 1, bytesIn: 0, bytesOut: 0 };
  return {
    proxy: name,
    instance: "i",
    upMs,
    connections: { open: 0, accepted: 0, refused: 0 },
    retries: { taken: 0, denied: 0 },
    services: { orders: { ...orders, latency, latencySumMs: 0 } },
    workers: [{ service: "orders", id: "a", answers: done, errors: 0, latency }],
  };
}

/** What a reader shows who looks in each of these seconds, in which each proxy had reported until then. */
function shown(heard: Record<string, number>[]): (number | string | undefined)[][] {
  let looks: readonly Look[] = [];
  return heard.map((reported, second) => {
    const at = second * 1_000;
    const proxies = new Map(
      Object.entries(reported).map(([name, upMs]) => [name, proxy(name, 1_000 * upMs)] as const),
    );
    looks = withLook(looks, { at, proxies }, at);
    const span = spanOf(looks);
    if (span === undefined) return [];
    const between = [span.before.proxies, span.after.proxies, span.after.at - span.before.at] as const;
    const ofWorker = rateOf(workerTrafficBetween(...between), keyOf("orders", "a"))?.perSecond;
    const ofSilent = trafficBetween(...between, { proxy: "p2" })?.perSecond;
    return [trafficBetween(...between)?.perSecond, ofWorker, ofSilent, silenceText(span)];
  });
}

test("rates are unknown for the first five seconds of a proxy's silence, then without it; its return is no peak", () => {
  const silent = [0, 1, 2, 3, 4, 5, 6, 7].map((second) => ({ p1: 60 + second, p2: 60 }));
  const back = [8, 9, 10].map((second) => ({ p1: 60 + second, p2: 60 + second }));
  const unknown = [undefined, undefined, undefined, "p2 does not report: rates are not known"];
  const without = [100, 100, undefined, "p2 does not report: rates are without it"];
  const returned = [undefined, undefined, undefined, ""];
  assert.deepEqual(shown([...silent, ...back]), [
    [],
    [],
    unknown,
    unknown,
    unknown,
    without,
    without,
    without,
    returned,
    returned,
    [200, 200, 100, ""],
  ]);
});

test("where all proxies are silent, rates stay unknown", () => {
  const last = shown(Array.from({ length: 9 }, () => ({ p1: 60, p2: 60 }))).at(-1);
  assert.deepEqual(last, [undefined, undefined, undefined, "p1, p2 do not report: rates are not known"]);
});

test("many that are silent are not all named: there is no room", () => {
  const span = { silent: ["a:proxy-1", "a:proxy-2", "a:proxy-3"], after: { proxies: new Map() } };
  assert.equal(
    silenceText(span as unknown as LookSpan),
    "a:proxy-1 and 2 others do not report: rates are without them",
  );
});
