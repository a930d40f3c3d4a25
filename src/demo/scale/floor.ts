import { fork } from "node:child_process";
import { entryFile, inheritedNodeFlags } from "../../runtime/entry.ts";
import { pause } from "../wait.ts";
import { Crowd } from "./crowd.ts";
import { cpuMsOf } from "./process-cpu.ts";

export interface Floor {
  connections: number;
  messagesPerSecond: number;
  /** Of one core. */
  cpuShare: number;
}

/** What it costs a bare `ws` server to only receive what the workers send. */
export async function measureFloor(options: {
  workers: number;
  processes: number;
  seconds: number;
  everyMs: number;
}): Promise<Floor> {
  const server = fork(entryFile("demo/scale/bare-server-main"), [], { execArgv: inheritedNodeFlags() });
  const kill = (): void => void server.kill("SIGKILL");
  process.on("exit", kill);
  const crowd = new Crowd(options.processes);
  try {
    const port = await new Promise<number>((resolve, reject) => {
      server.once("error", reject);
      server.once("message", (message: { port: number }) => resolve(message.port));
    });
    const { workers, everyMs } = options;
    crowd.bare(workers, { perSecond: 2000, url: `http://127.0.0.1:${port}`, everyMs });
    const connections = await crowd.sessions(workers, 60_000);
    await pause(2000);
    const sentBefore = crowd.total.sent;
    const cpuBefore = cpuMsOf(server.pid ?? 0);
    await pause(options.seconds * 1000);
    const cpuShare = (cpuMsOf(server.pid ?? 0) - cpuBefore) / (options.seconds * 1000);
    const messagesPerSecond = (crowd.total.sent - sentBefore) / options.seconds;
    return { connections, messagesPerSecond, cpuShare };
  } finally {
    crowd.close();
    kill();
    process.off("exit", kill);
  }
}
