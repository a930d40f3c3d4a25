import assert from "node:assert/strict";
import type { NetworkInterfaceInfo } from "node:os";
import { test } from "node:test";
import { reachable } from "./reachable.ts";

const info = { netmask: "", mac: "", cidr: null, family: "IPv4" as const };
const loopback: NetworkInterfaceInfo = { ...info, address: "127.0.0.1", internal: true };
const outward: NetworkInterfaceInfo = { ...info, address: "10.0.0.5", internal: false };

test("a wildcard is told as the host's own address, everything else as it is", () => {
  const addresses = () => [loopback, outward];
  assert.equal(reachable("0.0.0.0:7600", addresses), "10.0.0.5:7600");
  assert.equal(reachable("[::]:7600", addresses), "10.0.0.5:7600");
  assert.equal(
    reachable("0.0.0.0:7600", () => [loopback]),
    "127.0.0.1:7600",
  );
  assert.equal(reachable("127.0.0.1:7600", addresses), "127.0.0.1:7600");
});
