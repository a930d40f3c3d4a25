import assert from "node:assert/strict";
import { test } from "node:test";
import { startPlainWorker, TestGateway } from "./harness.ts";

/** What Node does where a sandbox leaves it no netlink socket, as systemd's `RestrictAddressFamilies=AF_INET`. */
const noNetlink = `
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
os.networkInterfaces = () => {
  throw new Error("uv_interface_addresses returned Unknown system error 97");
};
syncBuiltinESMExports();
`;

test("a gateway that may not ask for the addresses of its host starts, and serves", async (t) => {
  const { address } = await startPlainWorker(t);
  const preload = `data:text/javascript,${encodeURIComponent(noNetlink)}`;
  const gateway = await TestGateway.start(t, {
    configuration: { services: { web: { workers: [address], check: false } } },
    inside: ["env", `NODE_OPTIONS=--import=${preload}`],
  });
  assert.equal((await fetch(gateway.url)).status, 200);
});
