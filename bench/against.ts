/**
 * `npm run bench:against -- DIRECTORY...`: what a request costs in this checkout, as a ratio to what it costs in others of
 * skein (`git worktree add ../before COMMIT`, then `npm ci` in it). All run at once before the same workers, an nginx that
 * answers as cheaply as it gets, and the load goes to one after the other: what the machine does, it does to all. Each
 * round starts them anew, for how a process comes to lie in memory and is compiled is chance as well.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePorts, isOpen } from "../src/demo/cluster/free-port.ts";
import { pidsOf } from "../src/demo/cluster/gateway-process.ts";
import { commandSupervisor } from "../src/demo/cluster/supervisor-client.ts";
import { eventually } from "../src/demo/wait.ts";
import { placesIn } from "../src/runtime/places.ts";
import { wrk } from "./load/wrk.ts";
import { placementOn } from "./machine/placement.ts";
import { cpuBetween, cpuOf } from "./machine/proc.ts";
import { pin, startOn, stop } from "./machine/process.ts";
import type { Stage } from "./peers/peer.ts";
import { Stops } from "./run/stops.ts";
import { cases } from "./suite/cases.ts";
import { spreadOf } from "./suite/statistics.ts";
import { startWorkers, type Workers } from "./workers/worker-process.ts";

const rounds = 6;
/** Of a second each, alternating; the first ones only warm up. */
const slices = 8;
const warmUpSlices = 3;
const readyWithinMs = 30_000;

interface Checkout {
  name: string;
  port: number;
  proxy: number;
}

const found = cases.find(({ name }) => name === "get-static");
const cores = placementOn(availableParallelism(), 1);
const others = process.argv.slice(2);
if (found === undefined || cores === null || others.length === 0) {
  process.stderr.write("bench:against needs two cores, and directories of other checkouts\n");
  process.exit(2);
}
const { setup, ask, closed } = found;
const checkouts = [process.cwd(), ...others.map((one) => resolve(one))];

async function start(root: string, stage: Stage, workers: Workers): Promise<Checkout> {
  const [port = 0, control = 0] = await freePorts(2);
  const state = join(stage.directory, `state-${port}`);
  const config = join(stage.directory, `${port}.json`);
  const addresses = workers.addresses.map((one) => ({ address: `${one.host}:${one.port}` }));
  const web = { workers: addresses, check: false };
  const listen = { listen: `127.0.0.1:${port}`, control: `127.0.0.1:${control}` };
  writeFileSync(
    config,
    JSON.stringify({ ...listen, state, proxies: 1, services: { web }, routes: { "/": "web" } }),
  );
  const entry = join(root, "src/cli/main.ts");
  const command = [process.execPath, "--conditions=skein-source", entry, "up", "--config", config];
  const { child } = startOn(stage.cores.others, join(stage.directory, "gateway.log"), command);
  stage.onStop(() => stop(child));
  const socket = placesIn(state).supervisorSocket;
  const proxy = await eventually(
    async () => {
      const [pid] = pidsOf(await commandSupervisor(socket, { name: "status" }), "proxy");
      return (await isOpen(port)) && pid;
    },
    { withinMs: readyWithinMs, everyMs: 100 },
  );
  if (proxy === undefined) throw new Error(`${root} does not start; is \`npm ci\` done there?`);
  pin(proxy, stage.cores.proxy);
  return { name: root, port, proxy };
}

/** Microseconds of the proxy for one request. */
async function slice({ port, proxy }: Checkout, { directory, cores: { load } }: Stage): Promise<number> {
  const before = cpuOf([proxy]);
  const orders = {
    ask,
    port,
    tls: false,
    connections: closed?.connections ?? 64,
    seconds: 1,
    core: load,
    directory,
  };
  const { requests } = await wrk(orders);
  const { user, system } = cpuBetween(before, cpuOf([proxy]));
  return (user + system) / requests;
}

async function round(stage: Stage): Promise<number[]> {
  const workers = await startWorkers(stage);
  const started: Checkout[] = [];
  for (const root of checkouts) started.push(await start(root, stage, workers));
  const costs = started.map((): number[] => []);
  for (let at = -warmUpSlices; at < slices; at += 1) {
    const order = at % 2 === 0 ? started : started.toReversed();
    for (const one of order) {
      const cost = await slice(one, stage);
      if (at >= 0) costs[started.indexOf(one)]?.push(cost);
    }
  }
  return costs.map((each) => spreadOf(each)?.median ?? Number.NaN);
}

const directory = mkdtempSync(join(tmpdir(), "skein-against-"));
const ratios = others.map((): number[] => []);
const stops = new Stops();
try {
  for (let at = 0; at < rounds; at += 1) {
    const place = join(directory, String(at));
    mkdirSync(place);
    const ports = await freePorts(3);
    const [ours = Number.NaN, ...theirs] = await round({
      setup,
      cores,
      directory: place,
      ports,
      onStop: (end) => stops.add(end),
    });
    await stops.run();
    for (const [which, one] of theirs.entries()) ratios[which]?.push(ours / one);
    const all = theirs.map((one) => `${one.toFixed(1)} us, ratio ${(ours / one).toFixed(3)}`);
    process.stdout.write(`${at + 1}: here ${ours.toFixed(1)} us, there ${all.join("; ")}\n`);
  }
} finally {
  await stops.run();
  rmSync(directory, { recursive: true, force: true });
}
for (const [which, each] of ratios.entries()) {
  const { median, least, most } = spreadOf(each) ?? { median: Number.NaN, least: 0, most: 0 };
  process.stdout.write(
    `here : ${others[which]}  ${median.toFixed(3)} (${least.toFixed(2)} to ${most.toFixed(2)}, ${each.length} starts)\n`,
  );
}
