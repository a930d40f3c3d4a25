import { Worker } from "node:worker_threads";
import type { Timer } from "../runtime/clock.ts";
import { entryFile, inheritedNodeFlags } from "../runtime/entry.ts";
import { HeldMembership } from "./held-membership.ts";
import { lifeAfter } from "./known-life.ts";
import type { JoinSettings } from "./options.ts";
import type { SessionPorts } from "./session.ts";
import { firstContactIsOver, sharedLoadIn } from "./shared-load.ts";
import type { ThreadJoin, ThreadNews, ThreadOrder, ThreadStart } from "./thread-words.ts";
import { threadStart } from "./thread-words.ts";

/** After the watch thread itself has failed; doubled from failure to failure, for its cause may be there for good. */
const restartMs = { first: 1_000, max: 30_000 } as const;
/** A thread that ran for this long was sound: what ends it begins a new series of failures. */
const soundAfterMs = 60_000;

export interface WatchParts {
  settings: JoinSettings;
  load: SharedArrayBuffer;
  ports: SessionPorts;
  join: ThreadJoin | undefined;
  tell: (news: ThreadNews) => void;
  /** Told once for a series of failures. */
  failed: (error: Error) => void;
  startThread?: (start: ThreadStart) => Worker;
}

/**
 * The main thread's end of the watch thread: starts it, starts it anew should it fail, and passes words both ways.
 * While none runs, and the first contact is over, the sessions are held here in the main thread: the worker stays in the
 * cluster, but cannot say that it is blocked.
 *
 *   thread --fails--> none: held here --restart--> thread, still held here --the thread is welcomed--> thread
 *                       ^------------------------------fails--'
 *
 * It never keeps the process alive.
 */
export class Watch {
  readonly #parts: WatchParts;
  #join: ThreadJoin | undefined;
  #thread: Worker | undefined;
  #standIn: HeldMembership | undefined;
  #restart: Timer | undefined;
  #failures = 0;
  #startedMs = 0;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#join = parts.join;
    this.#start();
  }

  join(join: ThreadJoin): void {
    this.#join = join;
    this.#post({ t: "join", join });
  }

  /** Two shall not ask for a generation: so long nothing is held here. */
  firstContactIsOver(): void {
    this.#standInIfAlone();
  }

  drain(): void {
    if (this.#join !== undefined) this.#join.draining = true;
    this.#post({ t: "drain" });
  }

  leave(): void {
    this.#post({ t: "leave" });
    // Nobody comes back after goodbye.
    this.#join = undefined;
  }

  /** Ends the thread. What it has sent before arrives. */
  async stop(): Promise<void> {
    this.#restart?.cancel();
    this.#endStandIn();
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #post(order: ThreadOrder): void {
    this.#thread?.postMessage(order);
    this.#standIn?.obey(order);
  }

  #start(): void {
    this.#startedMs = this.#parts.ports.clock.now();
    try {
      this.#thread = this.#newThread();
    } catch (error) {
      this.#failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #newThread(): Worker {
    const thread = (this.#parts.startThread ?? startWatchThread)(this.#startOf());
    thread.unref();
    thread.on("message", (news: ThreadNews) => {
      if (news.t === "welcomed" && this.#thread === thread) this.#endStandIn();
      // Until the thread holds a session, what is held here is this worker's place.
      if (this.#standIn === undefined) this.#told(news);
    });
    thread.on("error", (error: Error) => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      this.#failed(error);
    });
    return thread;
  }

  #failed(error: Error): void {
    const { clock } = this.#parts.ports;
    if (clock.now() - this.#startedMs >= soundAfterMs) this.#failures = 0;
    if (this.#failures === 0) this.#parts.failed(error);
    const delayMs = Math.min(restartMs.max, restartMs.first * 2 ** this.#failures);
    this.#failures += 1;
    this.#restart = clock.after(delayMs, () => this.#start());
    this.#standInIfAlone();
  }

  #standInIfAlone(): void {
    if (this.#thread !== undefined || this.#standIn !== undefined || this.#join === undefined) return;
    if (!firstContactIsOver(sharedLoadIn(this.#parts.load))) return;
    this.#told({ t: "sessions", open: 0 });
    this.#standIn = new HeldMembership(this.#startOf(), this.#parts.ports, (news) => this.#told(news));
  }

  #endStandIn(): void {
    this.#standIn?.lose();
    this.#standIn = undefined;
  }

  #startOf(): ThreadStart {
    return threadStart(this.#parts.settings, this.#parts.load, this.#join);
  }

  #told(news: ThreadNews): void {
    if (news.t === "welcomed" && this.#join !== undefined) this.#join.life = lifeAfter(this.#join.life, news);
    this.#parts.tell(news);
  }
}

function startWatchThread(start: ThreadStart): Worker {
  // Nothing of the user's is inherited: neither `--import` of execArgv nor NODE_OPTIONS, which would start
  // their preloaded modules (and ours, without end) in this thread too.
  return new Worker(entryFile("worker/watch-thread"), {
    name: "skein",
    execArgv: inheritedNodeFlags().filter((flag) => flag.startsWith("--conditions")),
    env: {},
    workerData: start,
  });
}
