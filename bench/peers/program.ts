import { startWorkers } from "../workers/worker-process.ts";
import { startOneProcess } from "./one-process.ts";
import type { Running, Stage } from "./peer.ts";
import { tlsFiles } from "./tls-files.ts";

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
