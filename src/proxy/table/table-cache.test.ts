import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { silentLogger } from "../../runtime/logger.ts";
import { VirtualProcess, VirtualTime } from "../../testing/virtual-time.ts";
import { TableCache } from "./table-cache.ts";
import { testTable, testWorkerRow } from "../testing/testing-table.ts";

function setUp(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "skein-cache-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "table.json");
  const time = new VirtualTime();
  const { clock } = new VirtualProcess(time);
  const cache = new TableCache(file, clock, silentLogger);
  const ids = (): string[] => {
    const frame = new TableCache(file, clock, silentLogger).read();
    return frame?.kind === "full" ? frame.table.workers.map(({ id }) => id).sort() : ["none"];
  };
  return { file, time, cache, ids };
}

const row = (at: number) => ({ ...testWorkerRow(at), id: `w${at}` });

test("what was taken is in the file within two seconds, for this user alone, with no key but those that are needed", async (t) => {
  const { file, time, cache, ids } = setUp(t);
  assert.deepEqual(ids(), ["none"]);
  const [key, needed] = ["5".repeat(64), "6".repeat(64)];
  const worker = { ...row(1), link: { port: 9, key } };
  const sealed = { ...row(2), link: { port: 9, key: needed, sealed: true as const } };
  cache.take({ kind: "full", table: { ...testTable({}), workers: [worker, sealed] } });
  await time.run(1_900);
  assert.deepEqual(ids(), ["none"]);
  await time.run(200);
  assert.deepEqual(ids(), ["w1", "w2"]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const text = readFileSync(file, "utf8");
  assert.deepEqual([text.includes(key), text.includes(needed)], [false, true]);
});

test("changes are followed, and a table that comes in parts counts when its last part has come", async (t) => {
  const { time, cache, ids } = setUp(t);
  cache.take({ kind: "full", table: { ...testTable({}), workers: [row(1)] }, more: true });
  await time.run(3_000);
  assert.deepEqual(ids(), ["none"]);
  cache.take({ kind: "more", routes: [], workers: [row(2)], more: false });
  cache.take({ kind: "delta", sequence: 2, term: 1, settled: true, upserts: [row(3)], removals: [row(1)] });
  await time.run(3_000);
  assert.deepEqual(ids(), ["w2", "w3"]);
});

test("a file that is torn is none", (t) => {
  const { file, ids } = setUp(t);
  for (const text of ["", "{", "null", '{"v":2}', '{"v":1}']) {
    writeFileSync(file, text);
    assert.deepEqual(ids(), ["none"], text);
  }
});
