import assert from "node:assert/strict";
import { test } from "node:test";
import { bits, explicit, implicit, integer, objectId, octets, sequence, text, time } from "./der.ts";

const hex = (der: Uint8Array): string => Buffer.from(der).toString("hex");

test("values are written as X.690 has them", () => {
  assert.equal(hex(integer(Uint8Array.of(0))), "020100");
  assert.equal(hex(integer(Uint8Array.of(0, 0, 127))), "02017f");
  assert.equal(hex(integer(Uint8Array.of(128))), "02020080");
  assert.equal(hex(objectId("1.2.840.10045.4.3.2")), "06082a8648ce3d040302");
  assert.equal(hex(objectId("2.5.29.17")), "0603551d11");
  assert.equal(hex(text("é")), "0c02c3a9");
  assert.equal(hex(bits(Uint8Array.of(0x06), 1)), "03020106");
  assert.equal(hex(explicit(0, integer(Uint8Array.of(2)))), "a003020102");
  assert.equal(hex(implicit(7, Uint8Array.of(10, 0, 0, 5))), "87040a000005");
  assert.equal(hex(sequence(octets(Uint8Array.of(1)), text(""))), "30050401010c00");
});

test("lengths have one form each", () => {
  assert.equal(hex(octets(new Uint8Array(127))).slice(0, 4), "047f");
  assert.equal(hex(octets(new Uint8Array(128))).slice(0, 6), "048180");
  assert.equal(hex(octets(new Uint8Array(300))).slice(0, 8), "0482012c");
});

test("years have two digits before 2050, and four from then on", () => {
  assert.equal(
    Buffer.from(time(new Date("2049-12-31T23:59:59.999Z"))).toString("latin1"),
    "\u0017\r491231235959Z",
  );
  assert.equal(
    Buffer.from(time(new Date("2050-01-01T00:00:00Z"))).toString("latin1"),
    "\u0018\u000f20500101000000Z",
  );
});
