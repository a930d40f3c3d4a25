import assert from "node:assert/strict";
import { test } from "node:test";
import { workerAddress } from "./address.ts";

const nothing = { host: undefined, port: undefined };
const bound = (address: string) => ({ address, port: 8081, family: "" });

for (const [what, address, settings, expected] of [
  ["bound to every IPv4 address", "0.0.0.0", nothing, ":8081"],
  ["bound to every address", "::", nothing, ":8081"],
  ["bound to loopback", "127.0.0.1", nothing, "127.0.0.1:8081"],
  ["bound to IPv6 loopback", "::1", nothing, "[::1]:8081"],
  ["told a host", "0.0.0.0", { host: "10.0.0.7", port: undefined }, "10.0.0.7:8081"],
  ["told a mapped port", "::", { host: undefined, port: 30_081 }, ":30081"],
] as const) {
  test(`${what}: ${expected}`, () => assert.equal(workerAddress(bound(address), settings).address, expected));
}

test("a server without a TCP port is told what is wrong", () => {
  assert.throws(() => workerAddress("/run/app.sock", nothing), /listens on the unix socket \/run\/app\.sock/);
  assert.throws(() => workerAddress(null, nothing), /listens on nothing/);
});
