import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "../runtime/clock.ts";
import { entryFile, inheritedNodeFlags } from "../runtime/entry.ts";
import { seededRandom } from "../runtime/random.ts";
import { configuration, drain, event, lead, token } from "../../test/contract/store-contract.ts";
import type { Repair } from "./repair.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import { SqliteStore } from "./sqlite.ts";
import { StoreCorrupt } from "./store.ts";

const all = ["one", "two", "three"];

async function stateFor(t: TestContext): Promise<{ state: string; open: () => Promise<SqliteStore> }> {
  const state = await mkdtemp(join(tmpdir(), "skein-repair-"));
  t.after(() => rm(state, { recursive: true, force: true }));
  return {
    state,
    open: async () => {
      const random = seededRandom(1);
      const store = new SqliteStore({ file: join(state, "skein.db"), clock: systemClock, random });
      t.after(() => store.close());
      await store.open();
      return store;
    },
  };
}

async function repairMain(args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [...inheritedNodeFlags(), entryFile("store/repair-main"), ...args]);
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise<number | null>((done) => child.on("close", done));
  return { code, out, err };
}

test("a damaged file is moved aside whole, and the new one begins above the term floor", async (t) => {
  const { state, open } = await stateFor(t);
  for (const number of [1, 2]) {
    writeFileSync(join(state, "skein.db"), `damage ${number}`);
    const { code, out, err } = await repairMain(["--state", state, "--term-floor", String(40 * number)]);
    assert.equal(code, 0, err);
    const repair = JSON.parse(out) as Repair;
    assert.equal(repair.kind, "replaced");
    const movedTo = join(state, `skein.db.corrupt-${number}`);
    assert.equal(repair.kind === "replaced" && repair.movedTo, movedTo);
    assert.equal(readFileSync(movedTo, "utf8"), `damage ${number}`);
    assert.match(err, /begun anew/);
    const store = await open();
    const read = await store.read();
    assert.equal(read.leadership.holder, null);
    assert.ok(read.leadership.term >= 40 * number);
    assert.deepEqual(
      (await store.events(0, 10)).map((event) => event.kind),
      ["store-replaced"],
    );
    assert.ok((await lead(store, "a")).term > 40 * number);
    await store.close();
  }
});

const lostWords = /drains, weights and join tokens are lost/;
const keptWords = /drains, weights and join tokens were sound/;

const damages: [what: string, sql: string, drains: string[], events: string[], told: RegExp][] = [
  ["an event", "UPDATE event SET checksum = 'x' WHERE id = 2", ["w1"], ["one", "three"], keptWords],
  [
    "the configuration",
    "UPDATE document SET body = '{}' WHERE name = 'configuration'",
    ["w1"],
    all,
    keptWords,
  ],
  [
    "a page of events, so that rows of it stand on two,",
    "CREATE TABLE twice AS SELECT * FROM event UNION ALL SELECT * FROM event; DROP TABLE event;" +
      "ALTER TABLE twice RENAME TO event; UPDATE event SET checksum = 'x' WHERE id = 2",
    ["w1"],
    ["one", "three"],
    keptWords,
  ],
  ["the main row", "UPDATE cluster SET term = 0", ["w1"], all, keptWords],
  ["the operators' words", "UPDATE document SET body = '[]' WHERE name = 'overrides'", [], all, lostWords],
  ["the operators' words, gone", "DELETE FROM document WHERE name = 'overrides'", [], all, lostWords],
];

for (const [what, sql, drains, events, told] of damages) {
  test(`where ${what} is damaged, what else there is stands in the new file`, async (t) => {
    const { state, open } = await stateFor(t);
    const before = await open();
    const lease = await lead(before, "a");
    const words = [configuration("kept"), drain("web", "w1"), { kind: "token" as const, token: token("t1") }];
    await before.write(lease, [...words, ...all.map((message) => event(message))]);
    await before.close();
    const database = new SqliteDatabase(join(state, "skein.db"));
    database.connection.exec(sql);
    database.close();
    await assert.rejects(open(), StoreCorrupt);

    const { code, err } = await repairMain(["--state", state, "--term-floor", String(lease.term)]);
    assert.equal(code, 0, err);
    const store = await open();
    const read = await store.read();
    const found = {
      digest: read.configuration?.digest,
      drains: read.overrides.map(({ id }) => id),
      tokens: read.tokens.map(({ id }) => id),
    };
    const digest = what === "the configuration" ? undefined : "kept";
    assert.deepEqual(found, { digest, drains, tokens: drains.length > 0 ? ["t1"] : [] });
    assert.ok((await lead(store, "b")).term > lease.term);
    const messages = (await store.events(0, 10)).map(({ message }) => message);
    assert.deepEqual(messages.slice(0, -1), events);
    assert.match(messages.at(-1) ?? "", told);
  });
}

test("an intact file stays, with a term above the floor", async (t) => {
  const { state, open } = await stateFor(t);
  const before = await open();
  await before.write(await lead(before, "a"), [configuration("kept")]);
  await before.close();
  const { code, out } = await repairMain(["--state", state, "--term-floor", "7"]);
  assert.deepEqual([code, JSON.parse(out)], [0, { kind: "intact" }]);
  const store = await open();
  const { configuration: kept } = await store.read();
  assert.equal(kept?.digest, "kept");
  assert.ok((await lead(store, "b")).term > 7);
  assert.equal(existsSync(join(state, "skein.db.corrupt-1")), false);
});

test("wrong arguments are refused with the usage", async () => {
  for (const args of [[], ["--state", "/x", "--term-floor", "many"]]) {
    const { code, err } = await repairMain(args);
    assert.equal(code, 1);
    assert.match(err, /usage/);
  }
});
