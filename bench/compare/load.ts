import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { cpuMicroseconds } from "./process.ts";
import type { Running } from "./rivals.ts";
import { otherCore } from "./rivals.ts";

export const connections = 64;

export interface Measurement {
  requests: number;
  /** CPU time of the proxy process for each request. */
  microseconds: number;
  requestsPerSecond: number;
}

/** Runs wrk for some seconds and reads what it cost the proxy. Throws when an answer was not a 2xx. */
export async function measure(running: Running, seconds: number): Promise<Measurement> {
  const url = `http://127.0.0.1:${running.port}/`;
  const args = ["-c", String(otherCore), "wrk", "-t1", `-c${connections}`, `-d${seconds}s`, url];
  const before = cpuMicroseconds(running.pid);
  const from = performance.now();
  const wrk = spawn("taskset", args, { stdio: ["ignore", "pipe", "inherit"] });
  const [report] = await Promise.all([text(wrk.stdout), once(wrk, "exit")]);
  const after = cpuMicroseconds(running.pid);
  const requests = Number(/(\d+) requests in/.exec(report)?.[1] ?? 0);
  if (requests === 0 || /Non-2xx|Socket errors/.test(report))
    throw new Error(`wrk against ${url} says:\n${report}`);
  return {
    requests,
    microseconds: (after - before) / requests,
    requestsPerSecond: (requests * 1000) / (performance.now() - from),
  };
}
