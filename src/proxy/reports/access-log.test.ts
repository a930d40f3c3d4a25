import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "../testing/testing-peers.ts";
import { proxyWithWorkers } from "../testing/testing-proxy.ts";
import { testWorkerRow } from "../testing/testing-table.ts";

test("one line of JSON per request, whatever became of it; bad bytes are escaped", async (context) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-log-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, "logs", "access.log");
  const { client, workers, table } = await proxyWithWorkers(context);
  table({ proxy: { accessLog: file }, workers: [testWorkerRow(workers[0]!.port)] });
  const me = await client();
  me.send("POST /a?secret=1 HTTP/1.1\r\nHost: Shop.example:8080\r\nContent-Length: 3\r\n\r\nabc");
  const worker = await workers[0]!.connection();
  await worker.take("abc");
  worker.send("HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello");
  await me.message();
  me.send("GET /gone HTTP/1.1\r\nHost: x\r\n\r\n");
  await worker.head();
  me.reset();
  const lines = (): Record<string, unknown>[] => {
    try {
      const text = readFileSync(file, "utf8").trim();
      return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    } catch {
      return [];
    }
  };
  await until(() => lines().length === 2, "two lines");
  const [done, gone] = lines();
  assert.equal(typeof done?.["elapsedMs"], "number");
  const picks = done?.["picks"] as { worker: string; at: number }[];
  assert.equal(typeof picks[0]?.at, "number");
  assert.deepEqual(
    { ...done, picks: picks.map((pick) => pick.worker), time: "", elapsedMs: 0, pid: 0, level: 0 },
    {
      level: 0,
      pid: 0,
      time: "",
      requestId: "test-1",
      client: "127.0.0.1",
      method: "POST",
      host: "shop.example",
      path: "/a",
      status: 201,
      route: "/",
      service: "web",
      worker: `w-${workers[0]!.port}`,
      picks: [`w-${workers[0]!.port}`],
      retries: 0,
      elapsedMs: 0,
      bytesIn: 3,
      bytesOut: 5,
    },
  );
  assert.equal(gone?.["status"], 499);
});
