import assert from "node:assert/strict";
import { test } from "node:test";
import { afterReply, type CollectorReply, type DeliveryStep, offersMax } from "./delivery.ts";

const answered = (status: number, retryAfterMs?: number): CollectorReply => ({
  kind: "answered",
  status,
  rejected: 0,
  message: "",
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});
const lost: CollectorReply = { kind: "lost", reason: "ECONNREFUSED" };
const delivered: DeliveryStep = { kind: "delivered" };
const givenUp: DeliveryStep = { kind: "given-up" };
const again = (afterMs: number): DeliveryStep => ({ kind: "again", afterMs });

const cases: [what: string, reply: CollectorReply, offers: number, step: DeliveryStep][] = [
  ["taken", answered(200), 1, delivered],
  ["taken, by another word", answered(202), 1, delivered],
  ["not valid: never again", answered(400), 1, givenUp],
  ["not allowed", answered(401), 1, givenUp],
  ["nothing there", answered(404), 1, givenUp],
  ["a redirect is not followed", answered(307), 1, givenUp],
  ["broken", answered(500), 1, givenUp],
  ["too many", answered(429), 1, again(1_000)],
  ["a proxy before it found nobody", answered(502), 1, again(1_000)],
  ["not now", answered(503), 2, again(2_000)],
  ["a proxy before it waited in vain", answered(504), 3, again(4_000)],
  ["no answer", lost, 4, again(8_000)],
  ["no longer than that", lost, 7, again(30_000)],
  ["it asks for time", answered(503, 60_000), 1, again(60_000)],
  ["it asks for less than is waited anyway", answered(429, 0), 1, again(1_000)],
  ["it asks for a day", answered(429, 86_400_000), 1, again(300_000)],
  ["often enough", answered(503), offersMax, givenUp],
  ["often enough, though it asks for time", answered(503, 1_000), offersMax, givenUp],
  ["taken at last", answered(200), offersMax, delivered],
];

for (const [what, reply, offers, step] of cases) {
  test(what, () => assert.deepEqual(afterReply(reply, offers, 0.5), step));
}

test("not everybody at the same moment", () => {
  assert.deepEqual([afterReply(lost, 1, 0), afterReply(lost, 1, 1)], [again(750), again(1_250)]);
});
