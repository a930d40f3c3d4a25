import assert from "node:assert/strict";
import { test } from "node:test";
import { trafficOf } from "../registry/testing-registry.ts";
import { clientAddresses, controlUrl } from "./gateway-addresses.ts";

test("a listener is reached by what its clients find there", () => {
  const traffic = trafficOf([]);
  const receptions = { safe: { kind: "https" as const, certificates: [], minVersion: "TLSv1.2" as const } };
  const listeners = [
    { name: "plain", host: "0.0.0.0", port: 8080 },
    { name: "safe", host: "::1", port: 8443 },
  ];
  const before = clientAddresses(listeners, { traffic });
  assert.deepEqual(before.urls, ["http://0.0.0.0:8080", "http://[::1]:8443"]);
  const secured = { traffic: { ...traffic, proxy: { ...traffic.proxy, receptions } } };
  assert.deepEqual(clientAddresses(listeners, secured), {
    listen: ["0.0.0.0:8080", "[::1]:8443"],
    urls: ["http://0.0.0.0:8080", "https://[::1]:8443"],
  });
});

test("a control address that listens everywhere is reached over loopback", () => {
  assert.equal(controlUrl({ host: "0.0.0.0", port: 7600, secure: false }, {}), "http://127.0.0.1:7600");
  assert.equal(controlUrl({ host: "::", port: 7600, secure: true }, {}), "https://[::1]:7600");
  assert.equal(controlUrl({ host: "10.0.0.1", port: 7600, secure: true }, {}), "https://10.0.0.1:7600");
});

test("a gateway that follows another one's controllers has none of its own", () => {
  const join = ["https://10.0.0.2:7600", "https://10.0.0.3:7600"];
  assert.equal(controlUrl({ host: "::", port: 7600, secure: true }, { join }), "https://10.0.0.2:7600");
});
