// `npm run bench:metrics`: what a scrape of `GET /metrics` takes where there are very many workers.
import { latencyBucketsMs, type StatisticsReport } from "../src/protocol/evidence.ts";
import { startGateway } from "../src/gateway/index.ts";

const workers = 1_000;
const proxies = 4;
const scrapes = 50;

const gateway = await startGateway({ listen: "127.0.0.1:0", control: "127.0.0.1:0", routes: { "/": "web" } });
const headers = { authorization: `Bearer ${gateway.token}`, "content-type": "application/json" };

async function post(path: string, body: object): Promise<void> {
  const answer = await fetch(`${gateway.control}${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

for (let number = 1; number <= workers; number += 1) {
  const load = { inFlight: number % 7, eventLoopDelayP99Ms: 3, memoryBytes: 5e7 };
  const address = `127.1.${number >> 8}.${number & 255}:8080`;
  await post("/v1/heartbeat", {
    service: "web",
    id: `web-${number}`,
    address,
    ttlMs: 600_000,
    version: "1.2.3",
    load,
  });
}
const latency = [...latencyBucketsMs.map((_, at) => at * 7), 3];
for (let number = 1; number <= proxies; number += 1) {
  const report: StatisticsReport = {
    v: 1,
    proxy: `proxy-${number + 1}`,
    instance: "1",
    connections: { open: 1, accepted: 1, refused: 0 },
    services: {},
    workers: Array.from({ length: workers }, (_, at) => {
      return { service: "web", id: `web-${at + 1}`, answers: 550, errors: 2, latency, latencySumMs: 9_000 };
    }),
    problems: {},
    retries: { taken: 0, denied: 0 },
    process: { heapBytes: 1, deadlines: 1, upMs: 0 },
    poisoned: {},
  };
  await post("/v1/statistics", report);
}

const tookMs: number[] = [];
let text = "";
for (let count = 0; count < scrapes; count += 1) {
  const before = performance.now();
  text = await (await fetch(`${gateway.control}/metrics`, { headers })).text();
  tookMs.push(performance.now() - before);
}
await gateway.close(0);
tookMs.sort((one, other) => one - other);
const at = (share: number): string => (tookMs[Math.floor(share * (scrapes - 1))] ?? 0).toFixed(1);
const lines = text.split("\n").filter((line) => line.startsWith("skein_worker_")).length;
console.log(
  `${workers} workers, ${proxies} proxies: ${lines} samples of workers, ${(text.length / 1e6).toFixed(1)} MB; ` +
    `a scrape takes ${at(0.5)} ms (median), ${at(1)} ms (longest of ${scrapes})`,
);
