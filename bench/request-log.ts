// What remembering, logging and tracing requests costs a proxy: CPU time of its thread per request, by what is on.
// Run: node --conditions=skein-source bench/request-log.ts [rounds] [requests of each of 16 connections]
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { ProxySettings } from "../src/protocol/configuration.ts";
import type { Load, Worker as LoadWorker } from "../src/proxy/testing/testing-load.ts";
import { startTestProxy } from "../src/proxy/testing/testing-proxy.ts";
import { testWorkerRow } from "../src/proxy/testing/testing-table.ts";

const rounds = Number(process.argv[2] ?? 9);
const requests = Number(process.argv[3] ?? 1_500);
const connections = 16;

const directory = mkdtempSync(join(tmpdir(), "skein-bench-"));
const accessLog = join(directory, "access.log");
const kept = { slowMs: 60_000, keep: 200, redact: [] };
const none = { ...kept, samplesPerSecond: 0 };
const five = { ...kept, samplesPerSecond: 5 };

/** A collector in a thread of its own, which takes everything unseen. */
const collector = new Worker(
  `const server = require("node:http").createServer((request, response) => {
    request.resume().on("end", () => response.end("{}"));
  });
  server.listen(0, "127.0.0.1", () => require("node:worker_threads").parentPort.postMessage(server.address().port));`,
  { eval: true },
);
const [collectorPort] = (await once(collector, "message")) as [number];
const traces = (share: number): Partial<ProxySettings> => ({
  requests: five,
  traces: {
    endpoint: `http://127.0.0.1:${collectorPort}/v1/traces`,
    share,
    follow: "anyone",
    resource: { "service.name": "bench" },
    queueMax: 1_000_000,
    batchMax: 512,
    everyMs: 1_000,
    timeoutMs: 10_000,
  },
});

/** The first is what the others are compared with. */
const variants: Record<string, Partial<ProxySettings>> = {
  "nothing is sampled, no log": { requests: none },
  "five samples a second (the default), no log": { requests: five },
  "log of 1 % of the requests": { requests: five, accessLog, accessLogLines: { sample: 0.01, headers: [] } },
  "log of every request": { requests: five, accessLog, accessLogLines: { sample: 1, headers: [] } },
  "traces, none recorded": traces(0),
  "traces, 1 % recorded (the default)": traces(0.01),
  "traces, every request recorded": traces(1),
};

const ends: (() => void)[] = [];
const { proxy, port, table } = await startTestProxy({ after: (end) => ends.push(end) });
const thread = new Worker(new URL("../src/proxy/testing/testing-load.ts", import.meta.url));
const [{ port: workerPort }] = (await once(thread, "message")) as [LoadWorker];

async function measure(settings: Partial<ProxySettings>): Promise<number> {
  table({ workers: [testWorkerRow(workerPort)], proxy: settings });
  const before = process.threadCpuUsage();
  thread.postMessage({ port, connections, requests, stay: false } satisfies Load, []);
  await once(thread, "message");
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / (connections * requests);
}

const names = Object.keys(variants);
const found = new Map<string, number[]>(names.map((name) => [name, []]));
for (let round = -1; round < rounds; round += 1) {
  // Each round in the opposite order; the first one only warms up.
  for (const name of round % 2 === 0 ? names : names.toReversed()) {
    const each = await measure(variants[name] ?? {});
    if (round >= 0) found.get(name)?.push(each);
  }
}
const base = found.get(names[0] ?? "") ?? [];
for (const [name, values] of found) {
  const ratios = values.map((value, round) => value / (base[round] ?? value));
  console.log(
    `${name.padEnd(46)} ${median(values).toFixed(2)} us  ${median(ratios).toFixed(3)} x (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
  );
}
console.log(`${proxy.requestLog.bytes} bytes of records`);
const { delivered, lost, dropped } = proxy.statistics.traces;
console.log(`${delivered} spans delivered, ${lost} lost, ${dropped} requests without room`);
await thread.terminate();
await collector.terminate();
for (const end of ends) end();
rmSync(directory, { recursive: true });

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
