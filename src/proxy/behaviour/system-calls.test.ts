import assert from "node:assert/strict";
import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { connectTo, type TestPeer, TestWorker } from "../testing/testing-peers.ts";

const readsAndWrites = "read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg";

interface Traced {
  /** Ends the tracing: what it counted. */
  counted(): Promise<number>;
}

/**
 * Counts the calls of the main thread of a process: the others do not serve requests. Undefined: this process may not
 * trace another.
 */
async function trace(pid: number): Promise<Traced | undefined> {
  const strace = spawn("strace", ["-c", "-e", `trace=${readsAndWrites}`, "-p", String(pid)]);
  const said = text(strace.stderr);
  const attached = new Promise((resolve) => {
    strace.stderr.on("data", (chunk: Buffer) => {
      if (chunk.includes("attached")) resolve(true);
    });
  });
  const ended = once(strace, "exit");
  if ((await Promise.race([attached, ended.then(() => false)])) !== true) return undefined;
  return {
    async counted() {
      strace.kill("SIGINT");
      await ended;
      return callsIn(await said);
    },
  };
}

/** The last line of the table: share, seconds, microseconds a call, calls, perhaps errors, `total`. */
function callsIn(summary: string): number {
  const total = /^\s*[\d.]+\s+[\d.]+\s+(?:\d+\s+)?(\d+)\s+(?:\d+\s+)?total$/m.exec(summary);
  assert.ok(total !== null, summary);
  return Number(total[1]);
}

async function startProxy(context: TestContext): Promise<{ process: ChildProcess; client: TestPeer }> {
  const worker = (await new TestWorker().listen()).answerAll("ok");
  context.after(() => worker.close());
  const proxy = fork(new URL("../testing/testing-proxy-main.ts", import.meta.url), [String(worker.port)]);
  context.after(() => void proxy.kill());
  const [port] = (await once(proxy, "message")) as [number];
  const client = await connectTo(port);
  context.after(() => client.close());
  return { process: proxy, client };
}

async function ask({ socket }: TestPeer, times: number): Promise<void> {
  for (let asked = 0; asked < times; asked += 1) {
    const answered = once(socket, "data");
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await answered;
  }
}

const requests = 1_000;
const callsMax = 4;
const noise = 1.05;
const skip =
  spawnSync("strace", ["-V"]).error !== undefined && "strace, which counts the calls, is not installed";

test(`a GET on connections that stay costs ${callsMax} reads and writes`, { skip }, async (context) => {
  const { process: proxy, client } = await startProxy(context);
  await ask(client, 100);
  const traced = await trace(proxy.pid ?? 0);
  if (traced === undefined) return context.skip("this process may not trace another one");
  await ask(client, requests);
  const calls = await traced.counted();
  context.diagnostic(`${calls / requests} calls for each request`);
  assert.ok(calls > requests, "they are counted");
  assert.ok(calls <= callsMax * requests * noise, `${calls} calls for ${requests} requests`);
});
