import assert from "node:assert/strict";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { noOpenssl, TestAuthority } from "../certificates.ts";
import { configuration, event, lead } from "../contract/store-contract.ts";
import { EtcdCluster, missingEtcd } from "./etcd-cluster.ts";
import { Handle, temporary, until } from "./handles.ts";
import { ask } from "./raw.ts";
import { clusterWithUsers, passwordFile, rootPassword } from "./users.ts";

/** The whole of what a leader does. */
async function use(handle: Handle): Promise<void> {
  const lease = await lead(handle.store, "a");
  assert.equal(await handle.store.beat(lease), "ok");
  assert.equal(await handle.store.write(lease, [configuration("one"), event("e")]), "ok");
  await handle.told("the configuration", ({ configuration }) => configuration?.digest === "one");
  assert.equal((await handle.store.events(0, 10)).length, 1);
  assert.equal(await handle.store.resign(lease), "ok");
}

const parts = ["ca", "cert", "key"] as const;
type Places = Record<(typeof parts)[number], string>;

function placesIn(directory: string): Places {
  const [ca, cert, key] = parts.map((part) => join(directory, `${part}.pem`));
  return { ca: ca!, cert: cert!, key: key! };
}

function flagsOf({ cert, key }: Pick<Places, "cert" | "key">): string[] {
  return [`--cert-file=${cert}`, `--key-file=${key}`];
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

describe("what etcd asks for is renewed while a handle is open", { skip: missingEtcd() }, () => {
  it("a new password counts as soon as its file says it", async (t) => {
    const cluster = await clusterWithUsers(t);
    const [endpoint = ""] = cluster.endpoints;
    const file = passwordFile(t, "secret");
    const user = { name: "skein", passwordFile: file };
    const { store } = await new Handle(t, { endpoints: [endpoint], prefix: "skein", user }).open();
    const lease = await lead(store, "a");
    const root = { name: "root", password: rootPassword };
    const { token } = await ask(endpoint, "/v3/auth/authenticate", root);
    await ask(endpoint, "/v3/auth/user/changepw", { name: "skein", password: "newer" }, String(token));
    await assert.rejects(store.write(lease, [event("refused")]), /user or password are wrong/);
    writeFileSync(file, "newer\n");
    assert.equal(await store.write(await lead(store, "b"), [event("taken")]), "ok");
    assert.deepEqual(
      (await store.events(0, 10)).map(({ message }) => message),
      ["taken"],
    );
    await until("it is sound", () => store.condition.kind === "sound");
  });

  it(
    "a new certificate and authority count once all their files are there",
    { skip: noOpenssl },
    async (t) => {
      const [before, after] = [new TestAuthority(t), new TestAuthority(t)];
      const [own, theirs] = [placesIn(temporary(t)), placesIn(temporary(t))];
      const renew = (places: Places, by: TestAuthority): void => {
        const issued: Places = { ca: by.ca, ...by.issue(["127.0.0.1"]) };
        for (const part of parts) copyFileSync(issued[part], places[part]);
      };
      for (const places of [own, theirs]) renew(places, before);
      const flags = [...flagsOf(theirs), "--client-cert-auth", `--trusted-ca-file=${theirs.ca}`];
      const cluster = await EtcdCluster.start({ scheme: "https", flags: () => flags });
      t.after(() => cluster.end());
      const settings = { endpoints: cluster.endpoints, prefix: "skein", tls: own };
      const { store } = await new Handle(t, settings).open();
      for (const member of cluster.members) {
        await member.kill();
        renew(theirs, after);
        await member.start();
      }
      await until("the old ones fail", () => store.condition.kind === "failing");
      const issued = { ca: after.ca, ...after.issue([]) };
      for (const part of parts) {
        await assert.rejects(store.read(), /etcd at/);
        copyFileSync(issued[part], own[part]);
      }
      await until("the new ones do", () => store.condition.kind === "sound");
      await store.write(await lead(store, "b"), [event("after")]);
    },
  );
});

describe("TLS to etcd", { skip: missingEtcd() || noOpenssl }, () => {
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
