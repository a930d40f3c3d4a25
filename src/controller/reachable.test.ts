import assert from "node:assert/strict";
import type { NetworkInterfaceInfo } from "node:os";
import { test } from "node:test";
import { reachable } from "./reachable.ts";

const info = { netmask: "", mac: "", cidr: null, family: "IPv4" as const };
const loopback: NetworkInterfaceInfo = { ...info, address: "127.0.0.1", internal: true };
const outward: NetworkInterfaceInfo = { ...info, address: "10.0.0.5", internal: false };

test("a wildcard is told as the host's own address, everything else as it is", () => {
  const interfaces = { lo: [loopback], eth0: [outward] };
  assert.equal(reachable("0.0.0.0:7600", interfaces), "10.0.0.5:7600");
  assert.equal(reachable("[::]:7600", interfaces), "10.0.0.5:7600");
  assert.equal(reachable("0.0.0.0:7600", { lo: [loopback] }), "127.0.0.1:7600");
  assert.equal(reachable("127.0.0.1:7600", interfaces), "127.0.0.1:7600");
});
