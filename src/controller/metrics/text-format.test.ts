import assert from "node:assert/strict";
import { test } from "node:test";
import { type Family, single } from "./family.ts";
import { textOf } from "./text-format.ts";

test("a label is text, whatever stands in it", () => {
  const family: Family = {
    ...single("skein_x", "What", "gauge", () => 0),
    labels: ["a", "b"],
    samples: () => [{ labels: { a: 'say "no"\\\n} 1', b: "" }, value: 1.5 }],
  };
  assert.equal(
    textOf([family, single("skein_y_total", "Why", "counter", () => 3)]),
    String.raw`# HELP skein_x What
# TYPE skein_x gauge
skein_x{a="say \"no\"\\\n} 1",b=""} 1.5
# HELP skein_y_total Why
# TYPE skein_y_total counter
skein_y_total 3
`,
  );
});

test("a value that nobody knows has no sample", () => {
  assert.doesNotMatch(textOf([single("skein_x", "What", "gauge", () => undefined)]), /^skein_x/m);
});
