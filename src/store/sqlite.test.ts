import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { entryFile, inheritedNodeFlags } from "../runtime/entry.ts";
import { systemClock } from "../runtime/clock.ts";
import { type Random, seededRandom } from "../runtime/random.ts";
import { becomeUser } from "../runtime/testing-user.ts";
import { configuration, drain, event, isStoreFailed, lead } from "../../test/contract/store-contract.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import { type ClusterRow, SqliteRecords } from "./sqlite-records.ts";
import { repairStore } from "./repair.ts";
import { SqliteStore } from "./sqlite.ts";
import { type LeadershipMark, StoreCorrupt, type StoreState } from "./store.ts";

async function directoryFor(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "skein-sqlite-"));
  // The product's timers do not keep a process alive; a test must last until they fire.
  const awake = setInterval(() => {}, 1000);
  t.after(async () => {
    clearInterval(awake);
    await rm(directory, { recursive: true, force: true });
  });
  return directory;
}

function storeAt(t: TestContext, file: string, busyMs = 1000): SqliteStore {
  const store = new SqliteStore({ file, clock: systemClock, random: seededRandom(1), busyMs, pollMs: 5 });
  t.after(() => store.close());
  return store;
}

test("the file, and what sqlite makes beside it, are for this user alone, whoever may enter the directory", async (t) => {
  const directory = await directoryFor(t);
  await chmod(directory, 0o755);
  const file = join(directory, "skein.db");
  const store = storeAt(t, file);
  await store.open();
  await store.write(await lead(store, "controller-1"), [event("e")]);
  const modes = ["", "-wal", "-shm"].map((suffix) => statSync(file + suffix).mode & 0o777);
  assert.deepEqual(modes, [0o600, 0o600, 0o600]);
});

const isCorrupt = (error: unknown): boolean => error instanceof StoreCorrupt;

/** Everything that a reader can learn. */
async function contentOf(store: SqliteStore): Promise<string> {
  const state: StoreState = await store.read();
  return JSON.stringify([state, await store.events(0, 10_000)]);
}

/**
 * Leads a store through a short history. Gives every state it was in, and copies of its files (as after a kill -9:
 * nothing was closed) from the middle and from the end.
 */
async function history(t: TestContext, directory: string): Promise<{ states: Set<string>; files: string[] }> {
  const file = join(directory, "skein.db");
  const store = storeAt(t, file);
  await store.open();
  const states = new Set([await contentOf(store)]);
  const files: string[] = [];
  const keep = (name: string): void => {
    files.push(join(directory, name));
    for (const suffix of ["", "-wal"]) copyFileSync(file + suffix, join(directory, name + suffix));
  };
  for (let term = 1; term <= 6; term += 1) {
    const lease = await lead(store, `controller-${term}`);
    states.add(await contentOf(store));
    await store.write(lease, [configuration(`digest-${term}`), drain("web", `w${term}`), event(`e${term}`)]);
    states.add(await contentOf(store));
    await store.beat(lease);
    states.add(await contentOf(store));
    if (term === 3) keep("middle.db");
  }
  keep("end.db");
  await store.close();
  files.push(file);
  return { states, files };
}

/** Opens a damaged copy: what it says must be a state that once was, or it must be refused. */
async function verdict(t: TestContext, file: string, states: ReadonlySet<string>): Promise<string> {
  const store = storeAt(t, file);
  try {
    await store.open();
    const content = await contentOf(store);
    assert.ok(states.has(content), `read what was never written: ${content}`);
    return "intact";
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    return "refused";
  } finally {
    await store.close();
  }
}

function damage(bytes: Buffer, random: Random): Buffer {
  const at = Math.floor(random() * bytes.length);
  if (random() < 0.3) return bytes.subarray(0, at);
  const flips = 1 + Math.floor(random() * 4);
  for (let flip = 0; flip < flips; flip += 1) {
    const offset = Math.min(bytes.length - 1, at + flip * Math.floor(random() * 64));
    bytes[offset] = (bytes[offset] ?? 0) ^ (1 + Math.floor(random() * 255));
  }
  return bytes;
}

test("cut and flipped bytes are refused, or leave a state that once was", async (t) => {
  const directory = await directoryFor(t);
  const { states, files } = await history(t, directory);
  const counts = { intact: 0, refused: 0 };
  const copy = join(directory, "damaged.db");
  for (let seed = 1; seed <= 150; seed += 1) {
    const random = seededRandom(seed);
    const original = files[seed % files.length] ?? "";
    for (const suffix of ["", "-wal", "-shm"]) rmSync(copy + suffix, { force: true });
    for (const suffix of ["", "-wal"]) {
      if (existsSync(original + suffix)) copyFileSync(original + suffix, copy + suffix);
    }
    const target = existsSync(`${copy}-wal`) && random() < 0.5 ? `${copy}-wal` : copy;
    writeFileSync(target, damage(readFileSync(target), random));
    try {
      counts[(await verdict(t, copy, states)) as keyof typeof counts] += 1;
    } catch (error) {
      throw new Error(`seed ${seed}, ${original}, damaged ${target}`, { cause: error });
    }
  }
  // Both must occur, else this test proves nothing.
  assert.ok(counts.intact > 10 && counts.refused > 10, JSON.stringify(counts));
});

test("an undamaged copy of the files of a killed process is its last state", async (t) => {
  const directory = await directoryFor(t);
  const { states, files } = await history(t, directory);
  const end = storeAt(t, files[1] ?? "");
  await end.open();
  assert.equal(await contentOf(end), [...states].at(-1));
});

test("a file that is empty, foreign, or not a database is refused and left as it is", async (t) => {
  const directory = await directoryFor(t);
  const file = join(directory, "skein.db");
  const foreign = new SqliteDatabase(join(directory, "foreign.db"));
  foreign.connection.exec("CREATE TABLE t (a); PRAGMA user_version = 1");
  foreign.close();
  const contents = [Buffer.alloc(0), Buffer.from("hello\n".repeat(1000)), readFileSync(foreign.file)];
  for (const content of contents) {
    writeFileSync(file, content);
    await assert.rejects(storeAt(t, file).open(), isCorrupt);
    assert.deepEqual(readFileSync(file), content);
  }
});

test("a log without its file is refused", async (t) => {
  const directory = await directoryFor(t);
  const { files } = await history(t, directory);
  const [middle = ""] = files;
  rmSync(middle);
  await assert.rejects(storeAt(t, middle).open(), isCorrupt);
});

test("a file of a newer format is not taken for damage", async (t) => {
  const directory = await directoryFor(t);
  const file = join(directory, "skein.db");
  const store = storeAt(t, file);
  await store.open();
  await store.close();
  const database = new SqliteDatabase(file);
  database.connection.exec("PRAGMA user_version = 2");
  database.close();
  await assert.rejects(storeAt(t, file).open(), (error) => isStoreFailed(error) && !isCorrupt(error));
});

test("a file that is taken away under an open store gets no write any more", async (t) => {
  const directory = await directoryFor(t);
  const file = join(directory, "skein.db");
  const store = storeAt(t, file);
  await store.open();
  const lease = await lead(store, "a");
  renameSync(file, `${file}.away`);
  await assert.rejects(store.beat(lease), isCorrupt);
  const other = storeAt(t, join(directory, "other", "skein.db"));
  await other.open();
  renameSync(join(directory, "other", "skein.db"), file);
  await assert.rejects(store.beat(lease), isCorrupt);
});

/** Somebody else's doing, as that of the command sqlite3. */
function byHand(file: string, change: (database: SqliteDatabase) => void): void {
  const other = new SqliteDatabase(file);
  try {
    change(other);
  } finally {
    other.close();
  }
}

const setBack: [what: string, to: (row: ClusterRow) => LeadershipMark][] = [
  ["an earlier term", ({ beat, term }) => ({ term: term - 1, beat: beat + 7 })],
  ["an earlier beat of its term", ({ beat, term }) => ({ term, beat: beat - 1 })],
];

for (const [what, to] of setBack) {
  test(`a file that was set back to ${what} under an open store is not gone on with`, async (t) => {
    const file = join(await directoryFor(t), "skein.db");
    const [leader, standby] = [storeAt(t, file), storeAt(t, file)];
    await leader.open();
    await standby.open();
    const told: Error[] = [];
    standby.watch({ changed() {}, failed: (error) => told.push(error) });
    await lead(leader, "a");
    await leader.beat(await lead(leader, "b"));
    const { leadership } = await leader.read();
    await standby.read();
    byHand(file, (database) => {
      const records = new SqliteRecords(database);
      const row = records.cluster();
      records.putCluster({ ...row, ...to(row) });
    });
    await assert.rejects(standby.read(), isSetBack);
    await assert.rejects(leader.read(), isSetBack);
    await new Promise<void>((resolve) => systemClock.after(30, resolve));
    assert.ok(told.length > 0 && told.every(isSetBack));
    // The last known state is kept for whoever asks on the way out.
    assert.deepEqual(leader.lastKnown?.leadership, leadership);
  });
}

function isSetBack(error: unknown): boolean {
  return isCorrupt(error) && /was set back .* What it holds now counts/.test(String(error));
}

test("a backup that was written over the file counts after the repair, and its next term is above all that were", async (t) => {
  const directory = await directoryFor(t);
  const file = join(directory, "skein.db");
  const backup = join(directory, "backup.db");
  const before = storeAt(t, file);
  await before.open();
  await before.write(await lead(before, "a"), [configuration("kept"), drain("web", "w1"), event("one")]);
  byHand(file, ({ connection }) => connection.exec(`VACUUM INTO '${backup}'`));
  await before.write(await lead(before, "b"), [configuration("newer"), drain("web", "w2"), event("two")]);
  const { term } = await lead(before, "c");
  byHand(file, ({ connection }) => {
    connection.exec(`ATTACH '${backup}' AS backup; BEGIN IMMEDIATE`);
    for (const table of ["cluster", "document", "event"]) {
      connection.exec(`DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM backup.${table}`);
    }
    connection.exec("COMMIT");
  });
  await assert.rejects(before.read(), isSetBack);
  await before.close();

  assert.deepEqual(await repairStore(file, term, systemClock, seededRandom(1)), { kind: "intact" });
  const after = storeAt(t, file);
  await after.open();
  const state = await after.read();
  assert.equal(state.configuration?.digest, "kept");
  assert.deepEqual(
    state.overrides.map(({ id }) => id),
    ["w1"],
  );
  const lease = await lead(after, "d");
  assert.ok(lease.term > term);
  assert.equal(await after.write(lease, [event("three")]), "ok");
  assert.deepEqual(
    (await after.events(0, 10)).map(({ message }) => message),
    ["one", "three"],
  );
});

test("a backup that was moved over the file counts after the repair, whatever the log of the file before holds", async (t) => {
  const directory = await directoryFor(t);
  const file = join(directory, "skein.db");
  const [leader, standby] = [storeAt(t, file), storeAt(t, file)];
  for (const store of [leader, standby]) await store.open();
  const lease = await lead(leader, "a");
  await leader.write(lease, [configuration("kept"), drain("web", "w1")]);
  byHand(file, ({ connection }) => connection.exec(`VACUUM INTO '${file}.backup'`));
  await leader.write(lease, [configuration("newer"), drain("web", "w2")]);
  renameSync(`${file}.backup`, file);
  for (const store of [leader, standby])
    await assert.rejects(store.beat(lease), /was replaced .* What it holds now counts/);
  // Of two one ends without a word.
  await standby.close();

  assert.deepEqual(await repairStore(file, lease.term, systemClock, seededRandom(1)), { kind: "intact" });
  const after = storeAt(t, file);
  await after.open();
  const { configuration: kept, overrides } = await after.read();
  assert.deepEqual([kept?.digest, overrides.map(({ id }) => id)], ["kept", ["w1"]]);
  assert.ok(existsSync(`${file}.replaced-1-wal`), "nothing is deleted");
  assert.ok(existsSync(`${file}-wal`), "readers and writers do not wait for each other");
});

test("a directory that cannot be written gives an error that says so", async (t) => {
  const directory = await directoryFor(t);
  writeFileSync(join(directory, "a-file"), "");
  await assert.rejects(storeAt(t, join(directory, "a-file", "skein.db")).open(), isStoreFailed);
  const file = join(directory, "skein.db");
  await chmod(directory, 0o555);
  const asUser = becomeUser();
  try {
    await assert.rejects(storeAt(t, file).open(), (error) => {
      assert.ok(isStoreFailed(error) && error instanceof Error);
      assert.match(error.message, /skein\.db.*writable/);
      return true;
    });
  } finally {
    asUser.back();
    await chmod(directory, 0o755);
  }
});

test("a lock that another keeps ends in an error, and its release lets the waiting one through", async (t) => {
  const directory = await directoryFor(t);
  const file = join(directory, "skein.db");
  const store = storeAt(t, file, 30);
  await store.open();
  const lease = await lead(store, "a");
  const other = new SqliteDatabase(file);
  t.after(() => other.close());
  other.connection.exec("BEGIN IMMEDIATE");
  await assert.rejects(store.beat(lease), (error) => isStoreFailed(error) && !isCorrupt(error));
  assert.equal((await store.read()).leadership.term, 1, "readers go on");
  assert.equal(store.condition.kind, "failing");
  const watched = new Promise<void>((resolve) => void store.watch({ changed: () => resolve(), failed() {} }));

  const patient = storeAt(t, file, 60_000);
  await patient.open();
  const waiting = patient.beat(lease);
  other.connection.exec("COMMIT");
  assert.equal(await waiting, "ok");
  assert.equal(patient.condition.kind, "sound");
  await watched;
  assert.equal(store.condition.kind, "sound", "what another could write is no alarm of this one");
});

test("processes that begin together share one store, and one of them leads", async (t) => {
  const directory = await directoryFor(t);
  const file = join(directory, "deep", "state", "skein.db");
  const program = `
    import { SqliteStore } from ${JSON.stringify(entryFile("store/sqlite"))};
    import { systemClock } from ${JSON.stringify(entryFile("runtime/clock"))};
    const awake = setInterval(() => {}, 1000);
    const store = new SqliteStore({ file: ${JSON.stringify(file)}, clock: systemClock, random: Math.random });
    await store.open();
    let won = 0;
    for (let round = 0; round < 50; round += 1) {
      const term = await store.acquire(String(process.pid), (await store.read()).leadership, 0);
      if (term === undefined) continue;
      won += 1;
      await store.write({ holder: String(process.pid), term }, [
        { kind: "event", event: { at: "", kind: "leader-elected", message: "" } },
      ]);
    }
    console.log(won);
    await store.close();
    clearInterval(awake);
  `;
  const run = async (): Promise<{ code: number | null; out: string; err: string }> => {
    const child = spawn(process.execPath, [...inheritedNodeFlags(), "--input-type=module", "-e", program]);
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    const code = await new Promise<number | null>((done) => child.on("close", done));
    return { code, out, err };
  };
  const results = await Promise.all([run(), run(), run()]);
  for (const { code, err } of results) assert.deepEqual([code, err], [0, ""]);
  const won = results.reduce((sum, { out }) => sum + Number(out), 0);
  const store = storeAt(t, file);
  await store.open();
  assert.equal((await store.read()).leadership.term, won, "each term was won once");
  assert.equal(statSync(join(directory, "deep", "state")).mode & 0o777, 0o700);
});
