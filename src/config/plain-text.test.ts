import assert from "node:assert/strict";
import { test } from "node:test";
import { Issues } from "./issues.ts";
import { warnOfPlainText } from "./plain-text.ts";

function warnings(
  ...[control, store]: Parameters<typeof warnOfPlainText> extends [...infer Rest, Issues] ? Rest : never
) {
  const issues = new Issues();
  warnOfPlainText(control, store, issues);
  return issues.warnings.map(({ path, message }) => `${path.join()}: ${message}`);
}

const near = { host: "127.0.0.1", port: 7600 };
const etcd = { driver: "etcd", prefix: "skein" } as const;

test("within a host nothing is told", () => {
  assert.deepEqual(warnings(near, { driver: "sqlite" }), []);
  assert.deepEqual(
    warnings(near, { ...etcd, endpoints: ["127.0.0.1:2379", "[::1]:2379", "localhost:2379"] }),
    [],
  );
});

test("a control address that others can reach is told", () => {
  for (const host of ["0.0.0.0", "::", "10.0.0.5", "gateway.example"]) {
    assert.match(warnings({ ...near, host }, { driver: "sqlite" }).join(), /^control: .*plain HTTP/);
  }
});

test("an etcd on another host is told without TLS, and without anything by which it knows us", () => {
  const endpoints = ["127.0.0.1:2379", "10.0.0.7:2379"];
  const [plain, open] = warnings(near, { ...etcd, endpoints });
  assert.match(plain ?? "", /^store: etcd at 10\.0\.0\.7:2379 is spoken to without TLS/);
  assert.match(open ?? "", /^store: neither a user/);
  const user = { name: "skein", passwordFile: "/p" };
  assert.equal(warnings(near, { ...etcd, endpoints, user }).length, 1);
  assert.equal(warnings(near, { ...etcd, endpoints, tls: {} }).length, 1);
  assert.deepEqual(warnings(near, { ...etcd, endpoints, user, tls: {} }), []);
  assert.deepEqual(warnings(near, { ...etcd, endpoints, tls: { cert: "/c", key: "/k" } }), []);
});
