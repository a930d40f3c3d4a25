import assert from "node:assert/strict";
import { test } from "node:test";
import { decideTrace, type TraceDecision, type TraceRules } from "./decide.ts";
import { type TraceContext, traceFlags } from "./trace-context.ts";

const sampled: TraceContext = {
  traceId: "a".repeat(32),
  parentId: "b".repeat(16),
  flags: traceFlags.sampled,
};
const unsampled: TraceContext = { ...sampled, flags: traceFlags.random };
const begun = (recorded: boolean): TraceDecision => ({ kind: "begin", recorded });

const cases: [
  what: string,
  came: TraceContext | undefined,
  trusted: boolean,
  follow: TraceRules["follow"],
  decision: TraceDecision,
][] = [
  ["nothing came: by chance", undefined, false, "anyone", begun(true)],
  ["a recorded trace goes on", sampled, false, "anyone", { kind: "follow", context: sampled }],
  ["one that nobody records stays so", unsampled, false, "anyone", { kind: "pass" }],
  [
    "a stranger's trace is not gone on with where only trusted ones count",
    sampled,
    false,
    "trusted",
    begun(true),
  ],
  ["nor kept from being recorded by it", unsampled, false, "trusted", begun(true)],
  ["a trusted peer's is", sampled, true, "trusted", { kind: "follow", context: sampled }],
];

for (const [what, came, trusted, follow, decision] of cases) {
  test(what, () =>
    assert.deepEqual(
      decideTrace(came, trusted, { share: 0.5, follow }, () => 0.4),
      decision,
    ),
  );
}

test("by chance: as many as the share says", () => {
  const recorded = (share: number, drawn: number): boolean => {
    const decision = decideTrace(undefined, false, { share, follow: "anyone" }, () => drawn);
    return decision.kind === "begin" && decision.recorded;
  };
  assert.deepEqual(
    [recorded(0, 0), recorded(0.5, 0.5), recorded(0.5, 0.49), recorded(1, 0.999)],
    [false, false, true, true],
  );
});
