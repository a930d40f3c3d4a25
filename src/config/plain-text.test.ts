import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreSettings } from "../protocol/configuration.ts";
import { Issues } from "./issues.ts";
import { warnOfPlainText } from "./plain-text.ts";

function warnings(store: StoreSettings): string[] {
  const issues = new Issues();
  warnOfPlainText(store, issues);
  return issues.warnings.map(({ path, message }) => `${path.join()}: ${message}`);
}

const etcd = { driver: "etcd", prefix: "skein" } as const;

test("within a host nothing is told", () => {
  assert.deepEqual(warnings({ driver: "sqlite" }), []);
  assert.deepEqual(warnings({ ...etcd, endpoints: ["127.0.0.1:2379", "[::1]:2379", "localhost:2379"] }), []);
});

test("an etcd on another host is told without TLS, and without anything by which it knows us", () => {
  const endpoints = ["127.0.0.1:2379", "10.0.0.7:2379"];
  const [plain, open] = warnings({ ...etcd, endpoints });
  assert.match(plain ?? "", /^store: etcd at 10\.0\.0\.7:2379 is spoken to without TLS/);
  assert.match(open ?? "", /^store: neither a user/);
  const user = { name: "skein", passwordFile: "/p" };
  assert.equal(warnings({ ...etcd, endpoints, user }).length, 1);
  assert.equal(warnings({ ...etcd, endpoints, tls: {} }).length, 1);
  assert.deepEqual(warnings({ ...etcd, endpoints, user, tls: {} }), []);
  assert.deepEqual(warnings({ ...etcd, endpoints, tls: { cert: "/c", key: "/k" } }), []);
});
