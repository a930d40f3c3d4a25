import assert from "node:assert/strict";
import { test } from "node:test";
import { noOpenssl } from "../certificates.ts";
import type { Fault } from "./fault.ts";
import { faults } from "./faults.ts";
import { openStage } from "./stage.ts";

function skipOf({ cause }: Fault): string | false {
  return cause === "worker-untrusted" ? noOpenssl : false;
}

for (const fault of faults) {
  test(`${fault.name}: ${fault.cause}`, { skip: skipOf(fault) }, async (context) => {
    const stage = await openStage(context);
    const id = await fault.provoke(stage, context);
    const { request, text } = await stage.why(id);
    const { cause, what, rule, todo } = request.why;
    assert.equal(cause, fault.cause, JSON.stringify(request, undefined, 1));
    assert.match(todo, fault.todo);
    if (fault.says !== undefined) assert.match(`${what} ${rule}`, fault.says);
    assert.notEqual(rule, "");
    assert.match(text, new RegExp(`^cause +${fault.cause}$`, "m"));
    assert.ok(!JSON.stringify(request).includes("secret"), "secrets of the query are not kept");
  });
}

test("the causes that are provoked here are many", () => {
  assert.ok(new Set(faults.map(({ cause }) => cause)).size >= 20);
});
