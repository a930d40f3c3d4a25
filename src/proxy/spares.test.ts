import assert from "node:assert/strict";
import { test } from "node:test";
import { initialRules } from "./table/initial-rules.ts";
import { Spares } from "./spares.ts";

test("what was given back is taken again, until the limits are others", () => {
  let { limits } = initialRules.settings;
  const spares = new Spares(
    () => limits,
    (madeFor) => ({ limits: madeFor }),
  );
  const first = spares.take();
  const second = spares.take();
  assert.notEqual(first, second);
  spares.giveBack(first);
  assert.equal(spares.take(), first);
  limits = { ...limits, fieldsMax: 7 };
  spares.giveBack(second);
  const third = spares.take();
  assert.equal(third.limits, limits);
  spares.giveBack(first);
  assert.notEqual(spares.take(), first, "it was made for other limits");
});

test("no more is kept than may be wanted at once", () => {
  const spares = new Spares(
    () => initialRules.settings.limits,
    (limits) => ({ limits }),
  );
  const many = Array.from({ length: 200 }, () => spares.take());
  for (const one of many) spares.giveBack(one);
  const again = Array.from({ length: 200 }, () => spares.take());
  assert.equal(again.filter((one) => many.includes(one)).length, 64);
});
