import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { noOpenssl, TestAuthority } from "../certificates.ts";
import { configuration, event, lead } from "../contract/store-contract.ts";
import { EtcdCluster, missingEtcd } from "./etcd-cluster.ts";
import { Handle, temporary, until } from "./handles.ts";
import { clusterWithUsers, passwordFile } from "./users.ts";

/** The whole of what a leader does. */
async function use(handle: Handle): Promise<void> {
  const lease = await lead(handle.store, "a");
  assert.equal(await handle.store.beat(lease), "ok");
  assert.equal(await handle.store.write(lease, [configuration("one"), event("e")]), "ok");
  await handle.told("the configuration", ({ configuration }) => configuration?.digest === "one");
  assert.equal((await handle.store.events(0, 10)).length, 1);
  assert.equal(await handle.store.resign(lease), "ok");
}

describe("users of etcd", { skip: missingEtcd() }, () => {
  it("a user with a role for the prefix can do everything; others cannot begin, and are told why", async (t) => {
    const cluster = await clusterWithUsers(t);
    const settings = { endpoints: cluster.endpoints, prefix: "skein" };
    const user = { name: "skein", passwordFile: passwordFile(t, "secret") };
    await use(await new Handle(t, { ...settings, user }).open());
    const wrong: [settings: ConstructorParameters<typeof Handle>[1], says: RegExp][] = [
      [settings, /it wants a user/],
      [
        { ...settings, user: { name: "skein", passwordFile: passwordFile(t, "wrong") } },
        /user or password are wrong/,
      ],
      [
        { ...settings, user, prefix: "other" },
        /permission denied \(the user needs read and write of the prefix\)/,
      ],
    ];
    for (const [each, says] of wrong) await assert.rejects(new Handle(t, each).open(), says);
    const missing = { name: "skein", passwordFile: "/nowhere/password" };
    assert.throws(
      () => new Handle(t, { ...settings, user: missing }),
      /the password for etcd cannot be read/,
    );
  });

  it("a token that a member has forgotten is fetched anew, for calls and for the watch", async (t) => {
    const cluster = await clusterWithUsers(t);
    const user = { name: "skein", passwordFile: passwordFile(t, "secret") };
    const settings = { endpoints: cluster.endpoints, prefix: "skein", user };
    const [one, other] = [await new Handle(t, settings).open(), await new Handle(t, settings).open()];
    await use(one);
    const [member] = cluster.members;
    await member!.kill();
    await member!.start();
    await until("it is sound", () => one.store.condition.kind === "sound");
    const lease = await lead(one.store, "b");
    await one.store.write(lease, [event("after")]);
    await other.told("the news", ({ events }) => events.lastId === 2);
  });
});

describe("TLS to etcd", { skip: missingEtcd() || noOpenssl }, () => {
  const flagsOf = ({ cert, key }: { cert: string; key: string }): string[] => [
    `--cert-file=${cert}`,
    `--key-file=${key}`,
  ];

  it("by the authority that is named; by no other, and never without", async (t) => {
    const [authority, stranger] = [new TestAuthority(t), new TestAuthority(t)];
    const flags = flagsOf(authority.issue(["127.0.0.1"]));
    const cluster = await EtcdCluster.start({ scheme: "https", flags: () => flags });
    t.after(() => cluster.end());
    const settings = { endpoints: cluster.endpoints, prefix: "skein" };
    await use(await new Handle(t, { ...settings, tls: { ca: authority.ca } }).open());
    const wrong = new Handle(t, { ...settings, tls: { ca: stranger.ca } }).open();
    await assert.rejects(wrong, /no connection \(.*(certificate|issuer|signature)/);
    await assert.rejects(new Handle(t, { ...settings, tls: {} }).open(), /no connection \(/);
    await assert.rejects(new Handle(t, settings).open(), /etcd at/);
    const missing = join(temporary(t), "ca.pem");
    assert.throws(
      () => new Handle(t, { ...settings, tls: { ca: missing } }),
      /authority for etcd cannot be read/,
    );
    writeFileSync(missing, "");
    assert.throws(() => new Handle(t, { ...settings, tls: { ca: missing } }), /is empty/);
    rmSync(missing);
  });

  it("where etcd wants a certificate of ours, it gets ours", async (t) => {
    const authority = new TestAuthority(t);
    const flags = [
      ...flagsOf(authority.issue(["127.0.0.1"])),
      "--client-cert-auth",
      `--trusted-ca-file=${authority.ca}`,
    ];
    const cluster = await EtcdCluster.start({ scheme: "https", flags: () => flags });
    t.after(() => cluster.end());
    const settings = { endpoints: cluster.endpoints, prefix: "skein" };
    const own = authority.issue([]);
    await use(await new Handle(t, { ...settings, tls: { ca: authority.ca, ...own } }).open());
    const without = new Handle(t, { ...settings, tls: { ca: authority.ca } }).open();
    await assert.rejects(without, /certificate|connection/);
  });
});
