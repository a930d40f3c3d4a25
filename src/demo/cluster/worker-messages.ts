import type { Wire } from "./wire.ts";

/** Between the runner of a row and a worker process of the drill, over the process's own channel (no network). */
export interface WorkerAssignment {
  id: string;
  /** Address to listen at. */
  host: string;
  /** 0: an ephemeral one. */
  port: number;
  ledgerDirectory: string;
  /** Only for workers that join: addresses of the control API, and the service. */
  control?: string[];
  service?: string;
  /** An order takes this long. Default: 4. */
  workMs?: number;
}

export type WorkerCommand =
  /** Block the event loop for this long, by computing. */
  | { t: "block"; ms: number }
  /** Every order takes this much longer, from now on. 0: as long as before. */
  | { t: "slow"; ms: number }
  /** No byte passes to or from the proxies, until `mend`. The session with the controllers is another wire. */
  | { t: "cut" }
  | { t: "mend" }
  /** Keep so many bytes of memory more, each page of it touched, and report when they are there. */
  | { t: "grow"; bytes: number }
  /** Reset every connection that is open (only programs of the soak do). */
  | { t: "reset" };

export type WorkerReport =
  | { t: "listening"; port: number }
  | { t: "joining"; at: number }
  | { t: "joined"; at: number }
  | { t: "grown"; residentBytes: number }
  /** The first request of a client (not a check) in the handler. */
  | { t: "first-request"; at: number };

/** How a worker process finds its assignment: JSON in its first argument. */
export function readAssignment(): WorkerAssignment {
  return JSON.parse(process.argv[2] ?? "") as WorkerAssignment;
}

export function report(message: WorkerReport): void {
  // Nobody there to read it: `disconnect` ends this process.
  process.send?.(message, undefined, undefined, () => {});
}

/** What can be made worse about a worker, besides its process. */
export interface Frailty {
  service: { workMs: number };
  wire: Wire;
}

/** Obeys the runner, and ends with it. */
export function obeyRunner(frailty?: Frailty): void {
  const workMs = frailty?.service.workMs ?? 0;
  process.on("message", (command: WorkerCommand) => {
    if (command.t === "block") block(command.ms);
    else if (command.t === "cut") frailty?.wire.cut();
    else if (command.t === "mend") frailty?.wire.mend();
    else if (command.t === "grow") void grow(command.bytes);
    else if (command.t === "slow" && frailty !== undefined) frailty.service.workMs = workMs + command.ms;
  });
  process.on("disconnect", () => process.exit(0));
  // The channel alone does not keep a drained worker alive.
  process.channel?.unref();
}

const ballast: Buffer[] = [];
const pieceBytes = 16 * 1024 * 1024;

/** In pieces: it goes on answering meanwhile. */
async function grow(bytes: number): Promise<void> {
  for (let grown = 0; grown < bytes; grown += pieceBytes) {
    ballast.push(Buffer.alloc(Math.min(pieceBytes, bytes - grown), 1));
    await new Promise((next) => setTimeout(next, 5));
  }
  report({ t: "grown", residentBytes: process.memoryUsage.rss() });
}

function block(ms: number): void {
  const until = process.hrtime.bigint() + BigInt(Math.round(ms * 1e6));
  while (process.hrtime.bigint() < until);
}
