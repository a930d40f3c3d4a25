import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { Worker as Thread } from "node:worker_threads";
import { until } from "./testing-peers.ts";

/** A server in a thread that stands still until it is woken: then it answers everything with `deaf`. */
const program = `
const { createServer } = require("node:http");
const { parentPort, workerData } = require("node:worker_threads");
const server = createServer((request, response) => {
  parentPort.postMessage({ asked: request.url });
  response.end("deaf");
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  parentPort.postMessage({ port: server.address().port });
  Atomics.wait(workerData, 0, 0);
});
`;

/**
 * A worker that no new connection reaches, as if each packet to it were lost: its queue of connections is full, and
 * the kernel drops what comes to a full queue. Linux only.
 */
export class DeafWorker {
  readonly port: number;
  /** The paths of what it was asked after it woke. */
  readonly asked: string[] = [];
  readonly #thread: Thread;
  readonly #gate: Int32Array;
  readonly #fillers: Socket[] = [];

  static async start(): Promise<DeafWorker> {
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const thread = new Thread(program, { eval: true, workerData: gate });
    const [{ port }] = (await once(thread, "message")) as [{ port: number }];
    const worker = new DeafWorker(port, thread, gate);
    await worker.#fill();
    return worker;
  }

  private constructor(port: number, thread: Thread, gate: Int32Array) {
    this.port = port;
    this.#thread = thread;
    this.#gate = gate;
    thread.on("message", ({ asked }: { asked: string }) => void this.asked.push(asked));
  }

  /** Connections to it that were begun and got no answer. */
  get unanswered(): number {
    const remote = `0100007F:${this.port.toString(16).toUpperCase().padStart(4, "0")}`;
    return readFileSync("/proc/net/tcp", "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , to, state]) => to === remote && state === "02").length;
  }

  async #fill(): Promise<void> {
    while (this.unanswered === 0) {
      const filler = connect({ host: "127.0.0.1", port: this.port });
      filler.on("error", () => {});
      this.#fillers.push(filler);
      await until(() => !filler.connecting || this.unanswered > 0, "a connection, or none");
    }
    this.#fillers.pop()?.destroy();
    await until(() => this.unanswered === 0, "the last one is gone");
  }

  wake(): void {
    Atomics.store(this.#gate, 0, 1);
    Atomics.notify(this.#gate, 0);
  }

  close(): void {
    this.wake();
    for (const filler of this.#fillers) filler.destroy();
    void this.#thread.terminate();
  }
}
