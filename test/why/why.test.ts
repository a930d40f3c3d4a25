import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cause } from "../../src/core/requests/cause.ts";
import { noOpenssl } from "../certificates.ts";
import { clientFaults } from "./client-faults.ts";
import type { Fault } from "./fault.ts";
import { faults } from "./faults.ts";
import { serviceFaults } from "./service-faults.ts";
import { openStage } from "./stage.ts";
import { workerFaults } from "./worker-faults.ts";

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

/** What decides these is no part of the request, nor of what became of it. */
const decidedBeside: ReadonlySet<Cause> = new Set([
  "no-worker",
  "workers-draining",
  "workers-weightless",
  "queue-full",
  "queue-timeout",
  "head-timeout",
  "head-too-large",
  "body-too-large",
]);

for (const fault of [...serviceFaults, ...workerFaults, ...clientFaults]) {
  if (!decidedBeside.has(fault.cause)) continue;
  test(`${fault.name}, as many fail at once: ${fault.cause}`, async (context) => {
    const stage = await openStage(context);
    context.mock.method(stage.proxy.requestLog, "affordsCloseLook", () => false);
    const { request } = await stage.why(await fault.provoke(stage, context));
    const { cause, todo } = request.why;
    assert.equal(cause, fault.cause, JSON.stringify(request, undefined, 1));
    assert.match(todo, fault.todoOfMany ?? fault.todo);
    assert.equal(request.routes, undefined);
    assert.deepEqual(request.workers?.shown ?? [], []);
  });
}

test("the causes that are provoked here are many", () => {
  assert.ok(new Set(faults.map(({ cause }) => cause)).size >= 20);
});
