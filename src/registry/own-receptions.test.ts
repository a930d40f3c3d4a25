import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProxySettings, Reception } from "../protocol/configuration.ts";
import { withReceptions } from "./table.ts";

test("a listener of this host that the configuration in the store does not name is received as this host says", () => {
  const plain: Reception = { kind: "http" };
  const secure: Reception = { kind: "redirect", port: 8443 };
  const stored = { trustedProxies: [], receptions: { "10.0.0.1:8080": plain } } as unknown as ProxySettings;
  assert.equal(withReceptions(stored, undefined), stored);
  assert.equal(withReceptions(stored, { "10.0.0.1:8080": secure }), stored);
  assert.deepEqual(withReceptions(stored, { "10.0.0.1:8080": secure, "10.0.0.2:8080": secure }).receptions, {
    "10.0.0.1:8080": plain,
    "10.0.0.2:8080": secure,
  });
});
