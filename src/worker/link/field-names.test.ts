import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { fieldName } from "./field-names.ts";

test("a name is what stands there, whatever it is", () => {
  const known = [
    "Host",
    "host",
    "HOST",
    "User-Agent",
    "user-agent",
    "X-Request-Id",
    "DNT",
    "Via",
    "Vib",
    "Hosts",
    "Hos",
  ];
  const name = fc.oneof(
    fc.constantFrom(...known),
    fc.string({ minLength: 1, maxLength: 40, unit: "binary-ascii" }),
  );
  fc.assert(
    fc.property(fc.string(), name, fc.string(), (before, name, after) => {
      const from = before.length;
      assert.equal(fieldName(before + name + after, from, from + name.length), name);
    }),
    { numRuns: 2_000 },
  );
});
