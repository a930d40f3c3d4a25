import assert from "node:assert/strict";
import { test } from "node:test";
import { SkeinError } from "../protocol/error.ts";
import { AddressRules, type RegistrationSettings } from "./address-rules.ts";
import type { Caller } from "./caller.ts";

const elsewhere: Caller = {
  trusted: false,
  address: "10.0.0.7",
  loopback: false,
  localAddress: "10.0.0.1",
};
const settings: RegistrationSettings = {
  allow: ["0.0.0.0/0", "::/0"],
  metadataBytesMax: 4_096,
  ownListeners: ["10.0.0.1:8080"],
};

const registered = (said: string): Promise<string> =>
  new AddressRules().allowed(said, "web/1", elsewhere, settings);

test("an address is judged as what it is, however it is spelled", async () => {
  const forbidden = [
    "127.0.0.1:7600",
    "[::1]:7600",
    "[0:0:0:0:0:0:0:1]:7600",
    "[::ffff:127.0.0.1]:7600",
    "[::ffff:7f00:1]:7600",
    "[0:0:0:0:0:FFFF:7F00:1]:7600",
    "[::ffff:a9fe:a9fe]:80",
    "10.0.0.1:8080",
    "[::ffff:10.0.0.1]:8080",
    "[::ffff:a00:1]:8080",
  ];
  for (const said of forbidden) {
    await assert.rejects(
      registered(said),
      (error) => error instanceof SkeinError && error.code === "address-forbidden",
      said,
    );
  }
});

test("what is registered is in one spelling", async () => {
  assert.equal(await registered("[::ffff:a00:9]:8081"), "10.0.0.9:8081");
  assert.equal(await registered("[2001:DB8:0:0:0:0:0:1]:8081"), "[2001:db8::1]:8081");
  assert.equal(await registered("10.0.0.9:8081"), "10.0.0.9:8081");
});
