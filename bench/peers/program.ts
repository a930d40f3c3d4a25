import type { Setup } from "../suite/setup.ts";
import { startWorkers } from "../workers/worker-process.ts";
import { startOneProcess } from "./one-process.ts";
import type { Running, Stage } from "./peer.ts";
import { tlsFiles } from "./tls-files.ts";

/** Why a proxy that is a program of this suite, or a library in one, has no part in these cases. */
export function programCannot({ workers, proxies }: Setup): string | undefined {
  if (workers > 3) return "it chooses no worker by itself: this suite's program does";
  return proxies > 1 ? "the case is of processes" : undefined;
}

/** Starts a proxy that is a program of this suite: it finds what it shall do as JSON in `BENCH_PEER`. */
export async function startProgram(stage: Stage, command: readonly string[]): Promise<Running> {
  const workers = await startWorkers(stage);
  const files = stage.setup.tls ? tlsFiles(stage.directory) : undefined;
  const orders = {
    Port: stage.ports[0],
    Workers: workers.addresses.map(({ host, port }) => `${host}:${port}`),
    Routes: stage.setup.routes,
    Certificate: files?.certificate ?? "",
    Key: files?.key ?? "",
  };
  return await startOneProcess(stage, workers, command, {
    BENCH_PEER: JSON.stringify(orders),
    NODE_ENV: "production",
  });
}
