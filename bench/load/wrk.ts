import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Ask } from "../suite/cases.ts";

/** What wrk counted. */
export interface Counted {
  requests: number;
  seconds: number;
  bytes: number;
  /** Answers other than 2xx and 3xx, and connections that failed: with one of these it is no measurement. */
  errors: Record<"connect" | "read" | "write" | "status" | "timeout", number>;
}

const sign = "bench-counted";

/** A script for wrk: what is asked, and at the end exact counts in place of rounded words. */
export function wrkScript(ask: Ask): string {
  const turns =
    ask.paths.length === 1
      ? ""
      : `local requests, at = {}, 0
init = function()
  for _, path in ipairs({ ${ask.paths.map(lua).join(", ")} }) do requests[#requests + 1] = wrk.format(nil, path) end
end
request = function()
  at = at % #requests + 1
  return requests[at]
end
`;
  return `wrk.method = ${lua(ask.method)}
wrk.path = ${lua(ask.paths[0] ?? "/")}
${headersOf(ask)
  .map(([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}\n`)
  .join(
    "",
  )}${ask.bodyBytes > 0 ? `wrk.body = string.rep("x", ${ask.bodyBytes})\n` : ""}${turns}done = function(summary)
  local errors = summary.errors
  io.write(string.format("${sign} %d %d %d %d %d %d %d %d\\n", summary.requests, summary.duration, summary.bytes,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
`;
}

function headersOf(ask: Ask): [string, string][] {
  const written = ask.fresh ? [...ask.headers, "Connection: close"] : ask.headers;
  return written.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}

function lua(value: string): string {
  return JSON.stringify(value);
}

/** Undefined where the text has no counts: wrk did not come to its end. */
export function countedIn(output: string): Counted | undefined {
  const found = new RegExp(`^${sign} (.+)$`, "m").exec(output)?.[1]?.split(" ").map(Number);
  if (found === undefined || found.length !== 8) return undefined;
  const [requests = 0, micros = 0, bytes = 0, connect = 0, read = 0, write = 0, status = 0, timeout = 0] =
    found;
  return { requests, seconds: micros / 1e6, bytes, errors: { connect, read, write, status, timeout } };
}

/** Why this is no measurement. */
export function complaintOf(counted: Counted, ask: Ask): string | undefined {
  const wrong = Object.entries(counted.errors).filter(([, count]) => count > 0);
  if (wrong.length > 0)
    return `wrk counted ${wrong.map(([kind, count]) => `${count} ${kind} errors`).join(", ")}`;
  if (counted.requests === 0) return "nothing was answered";
  if (counted.bytes < counted.requests * ask.answerBytes) {
    const bytes = Math.round(counted.bytes / counted.requests);
    return `answers were too short: ${bytes} bytes with their heads, not ${ask.answerBytes} and more`;
  }
  return undefined;
}

export interface WrkOrders {
  ask: Ask;
  port: number;
  tls: boolean;
  connections: number;
  seconds: number;
  core: number;
  directory: string;
}

/** Throws where one answer was wrong. */
export async function wrk(orders: WrkOrders): Promise<Counted> {
  const { ask, port, connections, seconds, core, directory } = orders;
  const script = join(directory, "ask.lua");
  writeFileSync(script, wrkScript(ask));
  const url = `${orders.tls ? "https" : "http"}://127.0.0.1:${port}`;
  const args = ["-c", String(core), "wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "-s", script, url];
  const child = spawn("taskset", args, { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  const [output, complaints] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  const counted = countedIn(output);
  if (counted === undefined) throw new Error(`wrk against ${url} says: ${(complaints || output).trim()}`);
  const complaint = complaintOf(counted, ask);
  if (complaint !== undefined) throw new Error(complaint);
  return counted;
}
