import assert from "node:assert/strict";
import { test } from "node:test";
import { limitSent, roomIn } from "../../core/admission/adaptive-limit.ts";
import { PoolScene } from "../testing/testing-pool.ts";

test("after its own process stood still, a limit that is met is not taken for one where nothing moves", (context) => {
  const scene = new PoolScene(context, { workers: [{}] });
  const { pool, time } = scene;
  const limit = scene.worker("w-0").limitAt(time.nowMs, pool.siblings);
  assert.ok(limit !== undefined);
  limit.max = 2;
  for (let at = 0; at < 2; at += 1) {
    scene.request(() => ({ status: 200, afterMs: 60_000 }));
    limitSent(limit, time.nowMs);
  }
  time.standStill(5_000);
  time.pass(900);
  assert.equal(limit.pending, 2, "for so long it may be a queue");
  assert.equal(roomIn(limit), "full");
  time.pass(200);
  assert.equal(limit.pending, 0);
});
