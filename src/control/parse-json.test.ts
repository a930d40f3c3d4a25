import assert from "node:assert/strict";
import { test } from "node:test";
import { SkeinError } from "../protocol/error.ts";
import { check } from "./parse-json.ts";
import { heartbeatSchema, weightSchema } from "./schema.ts";

const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof SkeinError);
    assert.equal(error.code, "invalid");
    return error.detail;
  }
  assert.fail("it was taken");
};

const beat = { service: "orders", address: "127.0.0.1:8081" };

test("each field that is wrong is named, with what it must be", () => {
  assert.equal(
    refusal(() => check(heartbeatSchema, { service: "orders" })),
    "address: it is missing",
  );
  assert.match(
    refusal(() => check(heartbeatSchema, { ...beat, wieght: 2 })),
    /^wieght: there is no such field; known are service, address, .*weight.*, id, load$/,
  );
  assert.equal(
    refusal(() => check(heartbeatSchema, { ...beat, weight: "2" })),
    'weight: must be number, not "2"',
  );
  assert.equal(
    refusal(() => check(heartbeatSchema, { ...beat, weight: -1, ttlMs: 1 })),
    "ttlMs: must be >=500, not 1; weight: must be >=0, not -1",
  );
  assert.equal(
    refusal(() => check(weightSchema, [])),
    "weight: it is missing",
  );
  assert.equal(
    refusal(() => check(heartbeatSchema, "text")),
    'must be Object, not "text"',
  );
});

test("what a field's own rule says is told as it is", () => {
  assert.match(
    refusal(() => check(heartbeatSchema, { ...beat, service: "a b" })),
    /^service: must be 1 to 64 letters, digits/,
  );
});
