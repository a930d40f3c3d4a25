import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { silentLogger } from "../../runtime/logger.ts";
import { VirtualProcess, VirtualTime } from "../../testing/virtual-time.ts";
import type { TableFrame } from "../../protocol/routing-table.ts";
import { TableCache } from "./table-cache.ts";
import { TableView } from "./table-view.ts";
import { testTable, testWorkerRow } from "../testing/testing-table.ts";

function setUp(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "skein-cache-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "table.json");
  const time = new VirtualTime();
  const { clock } = new VirtualProcess(time);
  const cache = new TableCache(file, clock, silentLogger);
  const view = new TableView();
  const take = (frame: TableFrame): void =>
    cache.take(view.accept(frame), { term: view.term, settled: view.everSettled });
  const read = (): TableFrame | undefined => new TableCache(file, clock, silentLogger).read();
  const ids = (): string[] => {
    const frame = read();
    return frame?.kind === "full" ? frame.table.workers.map(({ id }) => id).sort() : ["none"];
  };
  return { file, time, take, view, read, ids };
}

const row = (at: number) => ({ ...testWorkerRow(at), id: `w${at}` });

test("what was taken is in the file within two seconds, for this user alone, with no key but those that are needed", async (t) => {
  const { file, time, take, ids } = setUp(t);
  assert.deepEqual(ids(), ["none"]);
  const [key, needed] = ["5".repeat(64), "6".repeat(64)];
  const worker = { ...row(1), link: { port: 9, key } };
  const sealed = { ...row(2), link: { port: 9, key: needed, sealed: true as const } };
  take({ kind: "full", table: { ...testTable({}), workers: [worker, sealed] } });
  await time.run(1_900);
  assert.deepEqual(ids(), ["none"]);
  await time.run(200);
  assert.deepEqual(ids(), ["w1", "w2"]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const text = readFileSync(file, "utf8");
  assert.deepEqual([text.includes(key), text.includes(needed)], [false, true]);
});

test("changes are followed, and a table that comes in parts counts when its last part has come", async (t) => {
  const { time, take, ids } = setUp(t);
  take({ kind: "full", table: { ...testTable({}), workers: [row(1)] }, more: true });
  await time.run(3_000);
  assert.deepEqual(ids(), ["none"]);
  take({ kind: "more", routes: [], workers: [row(2)], more: false });
  take({ kind: "delta", sequence: 2, term: 1, settled: true, upserts: [row(3)], removals: [row(1)] });
  await time.run(3_000);
  assert.deepEqual(ids(), ["w2", "w3"]);
});

/** What a proxy that starts from the file goes by. */
function startedFrom(frame: TableFrame | undefined): TableView {
  const fresh = new TableView();
  if (frame !== undefined) fresh.accept(frame);
  return fresh;
}

test("controllers that begin anew take nothing out of the file before they are settled, and it stays a settled one", async (t) => {
  const { time, take, view, read, ids } = setUp(t);
  take({ kind: "full", table: { ...testTable({}), workers: [row(1), row(2), row(3)] } });
  view.beginStream();
  take({ kind: "full", table: { ...testTable({}), settled: false, workers: [row(1)] } });
  await time.run(3_000);
  assert.deepEqual(ids(), ["w1", "w2", "w3"]);
  assert.ok(startedFrom(read()).everSettled);
  take({ kind: "delta", sequence: 2, term: 1, settled: true, upserts: [row(2)], removals: [] });
  await time.run(3_000);
  assert.deepEqual(ids(), ["w1", "w2"]);
});

test("a first table that settles later is a settled one in the file from then on", async (t) => {
  const { time, take, read } = setUp(t);
  take({ kind: "full", table: { ...testTable({}), settled: false, workers: [row(1)] } });
  await time.run(3_000);
  assert.equal(startedFrom(read()).everSettled, false);
  take({ kind: "delta", sequence: 2, term: 2, settled: true, upserts: [], removals: [] });
  await time.run(3_000);
  const started = startedFrom(read());
  assert.deepEqual([started.everSettled, started.term], [true, 2]);
});

test("a file that is torn is none", (t) => {
  const { file, ids } = setUp(t);
  for (const text of ["", "{", "null", '{"v":2}', '{"v":1}']) {
    writeFileSync(file, text);
    assert.deepEqual(ids(), ["none"], text);
  }
});
