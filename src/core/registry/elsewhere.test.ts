import assert from "node:assert/strict";
import { test } from "node:test";
import { fromElsewhere } from "./elsewhere.ts";
import { TestWorker } from "./testing-worker.ts";

test("what another gateway's proxies see takes nobody out here, and asks what can be asked", () => {
  const asked = (kind: Parameters<typeof fromElsewhere>[0]): string[] => {
    const worker = TestWorker.session(0);
    const evidence = fromElsewhere(kind);
    if (evidence !== undefined) worker.at(1_000, { kind: "evidence", evidence });
    assert.equal(worker.state, "live");
    return worker.effects.map((effect) => (effect.kind === "probe" ? `probe ${effect.how}` : effect.kind));
  };
  assert.deepEqual(asked("refused"), ["probe connect"]);
  assert.deepEqual(asked("reset"), ["probe connect"]);
  assert.deepEqual(asked("stalled"), ["ping"]);
  assert.deepEqual(asked("silent"), ["ping"]);
  for (const kind of ["connect-timeout", "failing", "answered"] as const)
    assert.equal(fromElsewhere(kind), undefined);
});
