import type { Clock, Timer } from "../../runtime/clock.ts";
import type { ProxySettings } from "../../protocol/configuration.ts";
import type { RequestEnd, RequestTry } from "../../protocol/requests.ts";
import { LogFile } from "./log-file.ts";

/** A worker that a request went to. `at`: monotonic milliseconds, of one origin for every process of the host. */
export interface Pick {
  worker: string;
  at: number;
}

/** One request, as it stands in the log. Names and paths are escaped by JSON. */
export interface AccessRecord {
  requestId: string;
  /** That the request is a part of, if any. */
  traceId?: string;
  client: string;
  method: string;
  host: string;
  path: string;
  /** With its `?`; values of secret names are replaced. */
  query: string;
  /** 499: the client went away before the answer's end. */
  status: number;
  /** Code of the problem table when the gateway answered itself, or cut a worker's answer for the client's or its own fault. */
  reason: string | undefined;
  route: string | undefined;
  service: string | undefined;
  /** The last of `picks`. */
  worker: string | undefined;
  picks: readonly Pick[];
  /** What became of each. */
  tries: readonly RequestTry[];
  end: RequestEnd;
  queuedMs: number;
  retries: number;
  /** From the request's first byte to the answer's last. */
  elapsedMs: number;
  bytesIn: number;
  bytesOut: number;
  /** Those that were asked for. */
  headers?: Record<string, string>;
}

export type AccessLogLines = NonNullable<ProxySettings["accessLogLines"]>;

export const everyLine: AccessLogLines = { sample: 1, headers: [] };

export interface AccessLog {
  readonly on: boolean;
  lines: AccessLogLines;
  write(record: AccessRecord): void;
  /** Writes out what is held. */
  flush(): void;
  close(): void;
}

export function newNoAccessLog(): AccessLog {
  return { on: false, lines: everyLine, write() {}, flush() {}, close() {} };
}

/** Held at most; beyond it lines are dropped and counted: the log never takes the memory of the proxy. */
const heldMax = 20_000;
const unwrittenMax = 8 * 1024 * 1024;
const flushEveryMs = 100;

/** As the lines of the other logs begin, at the level `info`. The library that writes those would take thrice as long. */
const lineBegins = `{"level":30,"pid":${process.pid},`;

/** One JSON line per request, written in batches off the hot path. */
export class BatchedAccessLog implements AccessLog {
  readonly on = true;
  lines = everyLine;
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #file: LogFile;
  #held: (AccessRecord & { time: string })[] = [];
  #dropped = 0;

  /** `destination`: `stdout`, or a file's path. */
  constructor(destination: string, clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#file = new LogFile(destination, unwrittenMax, clock, onError);
    this.#timer = clock.every(flushEveryMs, () => this.flush());
  }

  write(record: AccessRecord): void {
    if (this.#held.length >= heldMax) this.#dropped += 1;
    else this.#held.push({ time: this.#clock.wallTime(), ...record });
  }

  flush(): void {
    const records = this.#held;
    this.#held = [];
    for (const record of records) this.#write(record);
    if (this.#dropped > 0) this.#tellDropped();
    this.#file.flush();
  }

  #write(record: object): void {
    if (!this.#file.add(`${lineBegins}${JSON.stringify(record).slice(1)}\n`)) this.#dropped += 1;
  }

  #tellDropped(): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#write({ dropped });
    // There was no room for this line either.
    if (this.#dropped > 0) this.#dropped = dropped;
  }

  close(): void {
    this.#timer.cancel();
    this.flush();
    this.#file.close();
  }
}
