/**
 * What one choice of a worker costs in this process, by policy and number of workers: pick, a request begins, an older one
 * ends. Run: node --conditions=skein-source bench/pick.ts
 */
import { Balancer } from "../src/core/balancing/balancer.ts";
import { type Candidate, policies, type Policy } from "../src/core/balancing/candidate.ts";
import { hashText } from "../src/core/balancing/hash.ts";
import { newLatency, observeLatency } from "../src/core/balancing/latency.ts";
import { seededRandom } from "../src/runtime/random.ts";
import { textTable } from "../src/demo/text-table.ts";

interface Worker extends Candidate {
  inFlight: number;
  told: { inFlightOfOthers: number; delayMs: number; insideMs: number; at: number };
}

const sizes = [3, 5, 100, 1_000, 10_000] as const;
const rounds = 5;
const times = 100_000;
/** Requests under way at any time. */
const underWay = 64;
/** Of its own time: by then a proxy uses as many workers as this load takes. */
const settleSeconds = 60;

/** CPU time, not the clock: others may be busy on this machine. */
function cpuNanoseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

function makeWorkers(count: number, chance: () => number): Worker[] {
  return Array.from({ length: count }, (_, at) => {
    const latency = newLatency(0);
    for (let answer = 0; answer < 4; answer += 1) observeLatency(latency, 5 + 10 * chance(), answer);
    const told = { inFlightOfOthers: Math.floor(chance() * 4), delayMs: chance() * 5, insideMs: 20, at: 0 };
    return { id: `10.0.${at >> 8}.${at & 255}:8080`, weight: 1, liveSince: -1e9, inFlight: 0, latency, told };
  });
}

/** Best of some rounds, in nanoseconds: the least disturbed one. */
function measure(policy: Policy, size: number): number {
  const chance = seededRandom(1);
  const candidates = new Balancer<Worker>({ policy, slowStartMs: 10_000 }, chance);
  for (const worker of makeWorkers(size, chance)) candidates.add(worker);
  const keys = Array.from({ length: 4_096 }, (_, at) => hashText(`user-${at}`));
  const ring: Worker[] = [];
  let step = 0;
  let now = 0;
  const once = (): void => {
    now += 1 / 1_000;
    const worker = candidates.pick(now, undefined, keys[step % keys.length]);
    if (worker === undefined) throw new Error("nobody was picked");
    worker.inFlight += 1;
    candidates.loadChanged(worker);
    const ended = ring[step % underWay];
    ring[step % underWay] = worker;
    step += 1;
    if (ended === undefined) return;
    ended.inFlight -= 1;
    candidates.loadChanged(ended);
  };
  for (let second = 0; second < settleSeconds; second += 1) {
    now += 1_000;
    for (let time = 0; time < 1_000; time += 1) once();
  }
  let best = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = cpuNanoseconds();
    for (let time = 0; time < times; time += 1) once();
    best = Math.min(best, (cpuNanoseconds() - startedAt) / times);
  }
  return best;
}

const columns = [
  { title: "ns per choice", align: "left" as const },
  ...sizes.map((size) => ({ title: `${size.toLocaleString("en")} workers`, align: "right" as const })),
];
const rows = policies.map((policy) => [policy, ...sizes.map((size) => measure(policy, size).toFixed(0))]);
process.stdout.write(`${textTable(columns, rows).join("\n")}\n`);
