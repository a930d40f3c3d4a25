import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreSettings } from "../protocol/configuration.ts";
import type { EtcdConfig } from "./config.ts";
import { Issues, keyText } from "./issues.ts";
import { resolveStore, storeText } from "./store.ts";

function resolved(written: string | EtcdConfig | undefined): StoreSettings {
  const issues = new Issues();
  const store = resolveStore(written, "/etc/skein", issues);
  assert.deepEqual(issues.list, []);
  return store;
}

function faults(written: string | EtcdConfig): string[] {
  const issues = new Issues();
  resolveStore(written, "/etc/skein", issues);
  return issues.list.map(({ path, message }) => `${keyText(path)}: ${message}`);
}

const plain = { driver: "etcd", endpoints: ["10.0.0.1:2379"], prefix: "skein" };

const cases: [written: string | EtcdConfig | undefined, store: unknown][] = [
  [undefined, { driver: "sqlite" }],
  ["sqlite", { driver: "sqlite" }],
  ["memory", { driver: "memory" }],
  ["etcd://10.0.0.1", plain],
  ["etcd://10.0.0.1:2379/", plain],
  [{ etcd: ["10.0.0.1"] }, plain],
  [
    "etcd://h1:2379,h2:2380,[::1]:2379/orders/live",
    { ...plain, endpoints: ["h1:2379", "h2:2380", "[::1]:2379"], prefix: "orders/live" },
  ],
  [
    "etcd://sk%40in@10.0.0.1?passwordFile=password",
    { ...plain, user: { name: "sk@in", passwordFile: "/etc/skein/password" } },
  ],
  ["etcds://10.0.0.1", { ...plain, tls: {} }],
  [
    { etcd: ["10.0.0.1"], tls: true },
    { ...plain, tls: {} },
  ],
  [
    "etcds://10.0.0.1?ca=/ca.pem&cert=cert.pem&key=key.pem",
    { ...plain, tls: { ca: "/ca.pem", cert: "/etc/skein/cert.pem", key: "/etc/skein/key.pem" } },
  ],
  [
    { etcd: ["10.0.0.1"], prefix: "a", user: "u", passwordFile: "p", tls: { ca: "ca.pem" } },
    {
      ...plain,
      prefix: "a",
      user: { name: "u", passwordFile: "/etc/skein/p" },
      tls: { ca: "/etc/skein/ca.pem" },
    },
  ],
];

for (const [written, store] of cases) {
  test(`store: ${JSON.stringify(written)}`, () => assert.deepEqual(resolved(written), store));
}

const wrong: [written: string | EtcdConfig, fault: RegExp][] = [
  ["redis://h", /there is no store "redis:\/\/h"; write "sqlite", "memory", or "etcd:\/\/host:2379/],
  ["etcd:h1", /is not understood; write/],
  ["etcd://h%zz", /is not understood/],
  ["etcd://", /store: "" is no member of etcd; write "host:2379"/],
  ["etcd://h1,,h2", /store: "" is no member/],
  ["etcd://h1:0", /"h1:0" is no member/],
  ["etcd://h 1", /"h 1" is no member/],
  ["etcd://h1/a b", /the prefix "a b" may have letters/],
  ["etcd://h1/a//b", /the prefix/],
  ["etcd://h1?ca=x", /certificates need TLS; write etcds:/],
  ["etcds://h1?cacert=x", /"cacert" is unknown; did you mean "ca"\?|"cacert" is unknown/],
  ["etcds://h1?cert=x", /cert and key belong together/],
  ["etcd://u@h1", /user and passwordFile belong together/],
  ["etcd://h1?passwordFile=x", /user and passwordFile belong together/],
  ["etcd://u:secret@h1", /a password in the URL can be read by everybody/],
  [{ etcd: [] }, /store.etcd: the list is empty/],
];

for (const [written, fault] of wrong) {
  test(`wrong store: ${JSON.stringify(written)}`, () => assert.match(faults(written).join("\n"), fault));
}

test("printed in the short form, without a secret", () => {
  const text = storeText(resolved("etcds://skein@h1,h2:1/orders?ca=x&passwordFile=p"));
  assert.equal(text, "etcds://skein@h1:2379,h2:1/orders");
  assert.equal(storeText({ driver: "memory" }), "memory");
});
