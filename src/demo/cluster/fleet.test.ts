import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../runtime/clock.ts";
import { tally } from "../drill/tally.ts";
import { OpenLoop } from "../load/open-loop.ts";
import type { RequestRecord } from "../load/record.ts";
import { deferred } from "../wait.ts";
import { Fleet } from "./fleet.ts";
import { freePorts } from "./free-port.ts";
import { readLedgers } from "./ledger.ts";

test("a worker killed under load leaves a ledger that accounts for what it acknowledged", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-fleet-"));
  const ports = await freePorts(1);
  const fleet = new Fleet({
    kind: "plain",
    ledgerDirectory: directory,
    logDirectory: directory,
    ports,
    control: [],
  });
  t.after(async () => {
    await fleet.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const worker = await fleet.start(0);
  assert.deepEqual(fleet.ids, [`127.0.0.1:${ports[0]}`]);
  const records: RequestRecord[] = [];
  const enough = deferred();
  const loop = new OpenLoop(
    {
      target: { host: "127.0.0.1", port: ports[0] ?? 0 },
      name: "fleet",
      perSecond: 400,
      postShare: 0.5,
      freshShare: 0.1,
      connections: 8,
      timeoutMs: 5000,
    },
    systemClock,
    (record) => {
      records.push(record);
      if (records.length === 50) worker.kill("SIGKILL");
      if (records.length === 80) enough.resolve();
    },
  );
  loop.start();
  await enough.promise;
  await worker.exited;
  await loop.stop();
  const executed = readLedgers(directory);
  const sum = tally(records, executed, { proxiesLostAt: [], workersKilled: false });
  assert.ok(executed.size > 10);
  assert.deepEqual([sum.doubled, sum.unexecuted], [[], []]);
  assert.ok(sum.answered > 0);
  assert.ok(sum.refused > 0, "a dead worker refuses");
});
