import assert from "node:assert/strict";
import { test } from "node:test";
import { holderOf } from "./holder-of.ts";

const holders: [address: string, holder: string][] = [
  ["192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["2001:db8:0:0:ffff::", "2001:db8:0:0"],
  ["::1", "0:0:0:0"],
  ["::", "0:0:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
];
for (const [address, holder] of holders) {
  test(`${address} is held by ${holder}`, () => assert.equal(holderOf(address), holder));
}
