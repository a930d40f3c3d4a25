import assert from "node:assert/strict";
import { test } from "node:test";
import { requestsAt } from "./sealed.ts";

const link = { port: 50_001, key: "k", sealed: true } as const;

test("requests go to the port of a sealed link on another host, else to the address", () => {
  assert.equal(requestsAt({ address: "10.0.0.4:8081", link }, false), "10.0.0.4:50001");
  assert.equal(requestsAt({ address: "[fd00::4]:8081", link }, false), "[fd00::4]:50001");
  assert.equal(requestsAt({ address: "10.0.0.4:8081", link }, true), undefined, "its service has TLS");
  assert.equal(requestsAt({ address: "127.0.0.1:8081", link }, false), undefined);
  assert.equal(requestsAt({ address: "10.0.0.4:8081", link: { port: 1, key: "k" } }, false), undefined);
  assert.equal(requestsAt({ address: "10.0.0.4:8081" }, false), undefined);
});
