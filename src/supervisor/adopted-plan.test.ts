import assert from "node:assert/strict";
import { test } from "node:test";
import type { GatewayConfiguration } from "../protocol/configuration.ts";
import { identify } from "../runtime/process-identity.ts";
import { adoptedPlan } from "./adopted-plan.ts";
import type { ChildrenRecord } from "./state-directory.ts";
import { step } from "./step.ts";

const configuration = { proxies: 1, controllers: 0 } as GatewayConfiguration;
const me = identify(process.pid) ?? { pid: process.pid, started: "" };

function recordOf(more: Partial<ChildrenRecord>): ChildrenRecord {
  return { v: 1, epoch: { proxy: 4, controller: 2 }, termSeen: 9, stopping: false, children: [], ...more };
}

test("the living are awaited, the dead and those whose pid another process has are forgotten", () => {
  const proxy = { role: "proxy", epoch: 4, draining: false } as const;
  const plan = adoptedPlan(
    configuration,
    recordOf({
      children: [
        { ...proxy, ...me, name: "proxy-1" },
        { ...proxy, ...me, name: "proxy-2", started: "long ago" },
        { ...proxy, ...me, name: "proxy-3", draining: true },
      ],
    }),
    1_000,
  );
  assert.deepEqual(
    plan.children.map(({ name, phase }) => [name, phase.kind]),
    [
      ["proxy-1", "awaited"],
      ["proxy-3", "draining"],
    ],
  );
  assert.deepEqual([plan.epoch.proxy, plan.termSeen], [4, 9]);
  assert.deepEqual(step(plan, { t: "tick" }, 1_000).effects, [], "the one that is wanted is there");
});

test("without a record nothing is started until the unknown living have had time to say hello", () => {
  const plan = adoptedPlan(configuration, null, 1_000);
  assert.deepEqual(step(plan, { t: "tick" }, 1_999).effects, []);
  assert.equal(step(plan, { t: "tick" }, 2_000).effects.length, 1);
});

test("a stop that had begun is gone on with: nothing is started anew", () => {
  const plan = adoptedPlan(configuration, recordOf({ stopping: true }), 1_000);
  assert.deepEqual(step(plan, { t: "tick" }, 1_000).effects, [{ do: "finish" }]);
});
