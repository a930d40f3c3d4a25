import { join } from "node:path";
import { familyOf } from "../machine/proc.ts";
import { startOn, stop, untilListening } from "../machine/process.ts";
import type { Workers } from "../workers/worker-process.ts";
import type { Running, Stage } from "./peer.ts";

/** Starts a proxy that is one process, in front of its workers. */
export async function startOneProcess(
  stage: Stage,
  workers: Workers,
  command: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Running> {
  const [port = 0] = stage.ports;
  const started = startOn(stage.cores.proxy, join(stage.directory, "output"), command, { env });
  stage.onStop(() => stop(started.child));
  await untilListening(started, port);
  return {
    port,
    proxyCores: stage.cores.proxy,
    proxyPids: familyOf(started.pid),
    workerPids: workers.pids,
    otherPids: [],
  };
}
