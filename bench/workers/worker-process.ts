import { once } from "node:events";
import { join } from "node:path";
import { inheritedNodeFlags } from "../../src/runtime/entry.ts";
import { startOn, stop } from "../machine/process.ts";
import type { Stage } from "../peers/peer.ts";
import { startNginx } from "../peers/nginx-process.ts";
import { smallAnswerBytes } from "../suite/cases.ts";
import { workerHost } from "../suite/setup.ts";

export interface WorkerOrders {
  /** Join this gateway as so many workers of a service. Without: be found at fixed addresses. */
  join?: { control: string; service: string; count: number };
}

export type WorkerReport = { t: "ready"; ports: number[] } | { t: "failed"; detail: string };

export interface Workers {
  addresses: readonly { host: string; port: number }[];
  ports: readonly number[];
  pids: readonly number[];
}

/** Workers at fixed addresses: as many processes as there are proxies, and the addresses spread over them. */
export async function startWorkers(stage: Stage): Promise<Workers> {
  const { setup } = stage;
  const processes: Omit<Workers, "addresses">[] = [];
  for (let index = 0; index < setup.proxies; index += 1) {
    const start = setup.service === "static" ? startStatic : startNode;
    processes.push(await start(stage, index));
  }
  const ports = processes.flatMap((one) => one.ports);
  const addresses = Array.from({ length: setup.workers }, (_, index) => ({
    host: workerHost(index),
    port: ports[index % ports.length] ?? 0,
  }));
  return { addresses, ports, pids: processes.flatMap(({ pids }) => pids) };
}

/** The same service, joined to a gateway by the SDK: one process, a server for each worker. */
export async function joinWorkers(stage: Stage, control: string, service: string): Promise<Workers> {
  const { workers: count } = stage.setup;
  const workers = await startNode(stage, 0, { join: { control, service, count } });
  return { ...workers, addresses: workers.ports.map((port) => ({ host: "127.0.0.1", port })) };
}

async function startNode(
  stage: Stage,
  index: number,
  orders: WorkerOrders = {},
): Promise<Omit<Workers, "addresses">> {
  const entry = new URL("worker-main.ts", import.meta.url).pathname;
  const started = startOn(
    [coreOf(stage, index)],
    join(stage.directory, "worker.log"),
    [process.execPath, ...inheritedNodeFlags(), entry],
    { messages: true },
  );
  const { child, pid } = started;
  stage.onStop(() => stop(child));
  const ended = once(child, "exit").then((): WorkerReport => ({ t: "failed", detail: "it ended" }));
  child.send(orders);
  const reported = once(child, "message").then(([report]) => report as WorkerReport);
  const report = await Promise.race([reported, ended]);
  if (report.t === "failed") throw new Error(`the workers could not be started: ${report.detail}`);
  return { ports: report.ports, pids: [pid] };
}

async function startStatic(stage: Stage, index: number): Promise<Omit<Workers, "addresses">> {
  const port = stage.ports[2 + index] ?? 0;
  const body = "0123456789".repeat(smallAnswerBytes / 10);
  const hosts = ["127.0.0.1", ...Array.from({ length: stage.setup.workers }, (_, host) => workerHost(host))];
  const listens = hosts.map((host) => `listen ${host}:${port};`).join(" ");
  const http = `default_type text/plain; server { ${listens} location / { return 200 "${body}"; } }`;
  const orders = { cores: [coreOf(stage, index)], processes: 1, port, http };
  const pids = await startNginx(stage, `static-${index}`, orders);
  return { ports: [port], pids };
}

function coreOf(stage: Stage, index: number): number {
  const { worker } = stage.cores;
  return worker[index % worker.length] ?? 0;
}
