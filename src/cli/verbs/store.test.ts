import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { StoreReply } from "../../protocol/discovery.ts";
import { openTestingControl, type TestingAnswer } from "../testing-control.ts";
import { decide } from "./store.ts";

type Condition = StoreReply["condition"];

/** What comes of a decision, where the control API tells these conditions one after the other, the last one from then on. */
async function republished(
  context: TestContext,
  told: readonly (Condition | "silent")[],
  withinMs: number,
): Promise<{ code: number; out: string; note: string; looks: number }> {
  const left = [...told];
  const control = await openTestingControl((): TestingAnswer => {
    const condition = left.length > 1 ? left.shift() : left[0];
    if (condition === "silent") return (response) => response.destroy();
    return { json: { v: 1, place: "etcd at h:2379", condition, what: null } };
  });
  context.after(() => control.close());
  const ran = { code: -1, out: "", note: "" };
  const terminal = {
    columns: 80,
    out: (line: string) => void (ran.out += `${line}\n`),
    note: (line: string) => void (ran.note += `${line}\n`),
    paint: (_: unknown, text: string) => text,
  };
  ran.code = await decide("republish", { control: control.address, token: "t" }, terminal, withinMs);
  return { ...ran, looks: control.asked.length - 1 };
}

test("a decision that the controllers see a moment later is waited for, over a controller that ends meanwhile", async (context) => {
  const { code, out, note, looks } = await republished(context, ["held", "held", "silent", "sound"], 60_000);
  assert.deepEqual(
    [code, out, note],
    [0, "etcd at h:2379: sound\n", "what this gateway knows was written\n"],
  );
  assert.equal(looks, 3);
});

test("one that is seen at once is not waited for", async (context) => {
  assert.equal((await republished(context, ["sound"], 60_000)).looks, 0);
});

test("the records were written, whatever etcd does now: no failure, but said", async (context) => {
  const { code, out, note } = await republished(context, ["held", "failing"], 300);
  assert.deepEqual([code, out], [0, "etcd at h:2379: failing\n"]);
  assert.match(note, /^what this gateway knows was written\n.*changes are refused until it is back/);
});

test("a store that stays held was not mended by it", async (context) => {
  const { code, out } = await republished(context, ["held"], 300);
  assert.deepEqual([code, out], [1, "etcd at h:2379: held\n"]);
});
