import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "../runtime/clock.ts";
import { entryFile, inheritedNodeFlags } from "../runtime/entry.ts";
import { lifeAfter } from "./known-life.ts";
import type { JoinSettings } from "./options.ts";
import type { ThreadJoin, ThreadNews, ThreadOrder } from "./thread-words.ts";
import { threadStart } from "./thread-words.ts";

/** After the watch thread itself has failed. */
const restartAfterMs = 1000;

/**
 * The main thread's end of the watch thread: starts it, starts it anew should it fail, and passes words both ways.
 * It never keeps the process alive.
 */
export class Watch {
  readonly #settings: JoinSettings;
  readonly #load: SharedArrayBuffer;
  readonly #clock: Clock;
  readonly #tell: (news: ThreadNews) => void;
  readonly #failed: (error: Error) => void;
  #join: ThreadJoin | undefined;
  #thread: Worker | undefined;
  #restart: Timer | undefined;

  constructor(parts: {
    settings: JoinSettings;
    load: SharedArrayBuffer;
    clock: Clock;
    join: ThreadJoin | undefined;
    tell: (news: ThreadNews) => void;
    failed: (error: Error) => void;
  }) {
    this.#settings = parts.settings;
    this.#load = parts.load;
    this.#clock = parts.clock;
    this.#join = parts.join;
    this.#tell = parts.tell;
    this.#failed = parts.failed;
    this.#start();
  }

  join(join: ThreadJoin): void {
    this.#join = join;
    this.#post({ t: "join", join });
  }

  drain(): void {
    if (this.#join !== undefined) this.#join.draining = true;
    this.#post({ t: "drain" });
  }

  leave(): void {
    this.#post({ t: "leave" });
  }

  /** Ends the thread. What it has sent before arrives. */
  async stop(): Promise<void> {
    this.#restart?.cancel();
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #post(order: ThreadOrder): void {
    this.#thread?.postMessage(order);
  }

  #start(): void {
    // Nothing of the user's is inherited: neither `--import` of execArgv nor NODE_OPTIONS, which would start
    // their preloaded modules (and ours, without end) in this thread too.
    const thread = new Worker(entryFile("worker/watch-thread"), {
      name: "skein",
      execArgv: inheritedNodeFlags().filter((flag) => flag.startsWith("--conditions")),
      env: {},
      workerData: threadStart(this.#settings, this.#load, this.#join),
    });
    thread.unref();
    thread.on("message", (news: ThreadNews) => {
      if (news.t === "welcomed" && this.#join !== undefined)
        this.#join.life = lifeAfter(this.#join.life, news);
      this.#tell(news);
    });
    thread.on("error", (error: Error) => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      this.#failed(error);
      this.#restart = this.#clock.after(restartAfterMs, () => this.#start());
    });
    this.#thread = thread;
  }
}
