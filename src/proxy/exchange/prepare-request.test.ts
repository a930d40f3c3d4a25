import assert from "node:assert/strict";
import { test } from "node:test";
import { Origin } from "../../http1/http1.ts";
import { isMeantForTls } from "./prepare-request.ts";

const stranger = new Origin("203.0.113.7", "http");

test("an https target needs TLS, here or at a trusted proxy", () => {
  assert.equal(isMeantForTls("https://a/x", stranger), true);
  assert.equal(isMeantForTls("HTTPS://a", stranger), true);
  assert.equal(isMeantForTls("https://a/x", new Origin("203.0.113.7", "https")), false);
  assert.equal(
    isMeantForTls("https://a/x", new Origin("10.0.0.1", "http", { clientBehind: (peer) => peer })),
    false,
  );
  for (const target of ["/", "/https://a", "*", "http://a/x"]) {
    assert.equal(isMeantForTls(target, stranger), false, target);
  }
});
