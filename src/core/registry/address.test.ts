import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAddress, isLoopbackHost, parseAddress } from "./address.ts";

const good: [text: string, host: string, port: number][] = [
  ["127.0.0.1:8081", "127.0.0.1", 8081],
  [":8081", "", 8081],
  ["[::1]:80", "::1", 80],
  ["worker.internal:65535", "worker.internal", 65535],
];
for (const [text, host, port] of good) {
  test(`${text} is an address`, () => assert.deepEqual(parseAddress(text), { host, port }));
}

const bad = [
  "",
  "8081",
  "a",
  "a:",
  "a:0",
  "a:65536",
  "a:8081x",
  "::1:80",
  "[::1]",
  "http://a:80",
  "a@b:80",
  "a b:80",
];
for (const text of bad) test(`"${text}" is none`, () => assert.equal(parseAddress(text), undefined));

test("IPv6 hosts are written in brackets", () => {
  assert.equal(formatAddress({ host: "::1", port: 80 }), "[::1]:80");
  assert.equal(formatAddress({ host: "10.0.0.1", port: 80 }), "10.0.0.1:80");
});

test("what means another place on another host", () => {
  for (const host of ["127.0.0.1", "127.8.9.10", "::1", "localhost"]) assert.ok(isLoopbackHost(host), host);
  for (const host of ["10.0.0.1", "128.0.0.1", "127.0.0.1.example", "::2", ""]) {
    assert.ok(!isLoopbackHost(host), host);
  }
});
