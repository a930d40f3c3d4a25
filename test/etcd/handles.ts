import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { EtcdSettings } from "../../src/protocol/configuration.ts";
import { type Clock, systemClock } from "../../src/runtime/clock.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { seededRandom } from "../../src/runtime/random.ts";
import { createEtcdStore } from "../../src/store/etcd/create.ts";
import type { EtcdStore } from "../../src/store/etcd/etcd.ts";
import type { StoreState } from "../../src/store/store.ts";

/** Only a failure waits this long. */
const withinMs = 20_000;

/** A handle on an etcd, and all that its watchers were told. */
export class Handle {
  readonly store: EtcdStore;
  readonly failures: string[] = [];
  readonly lastKnownFile: string;
  #last: StoreState | undefined;
  #news: () => void = () => {};

  constructor(t: TestContext, settings: EtcdSettings, options: HandleOptions = {}) {
    this.lastKnownFile = options.lastKnownFile ?? join(temporary(t), "etcd.json");
    this.store = createEtcdStore(settings, {
      lastKnownFile: this.lastKnownFile,
      clock: options.clock ?? systemClock,
      random: options.beginAtFirst === true ? () => 0 : seededRandom(options.seed ?? 7),
      logger: silentLogger,
    });
    t.after(() => this.store.close());
  }

  async open(): Promise<this> {
    await this.store.open();
    this.store.watch({
      changed: (state) => {
        this.#last = state;
        this.#news();
      },
      failed: (error) => {
        this.failures.push(error.message);
        this.#news();
      },
    });
    this.#last = this.store.lastKnown;
    return this;
  }

  get state(): StoreState {
    assert.ok(this.#last !== undefined, "nothing is known yet");
    return this.#last;
  }

  /** Waits until what the watch told is as described. Gives how long that took. */
  async told(what: string, holds: (state: StoreState) => boolean): Promise<number> {
    const startedAt = performance.now();
    const deadline = startedAt + withinMs;
    while (this.#last === undefined || !holds(this.#last)) {
      assert.ok(performance.now() < deadline, `not told: ${what}; last ${JSON.stringify(this.#last)}`);
      await this.#change(deadline);
    }
    return performance.now() - startedAt;
  }

  async #change(deadline: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, deadline - performance.now()));
      this.#news = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

export interface HandleOptions {
  lastKnownFile?: string;
  clock?: Clock;
  seed?: number;
  /** Of the endpoints, instead of at one that chance chooses. */
  beginAtFirst?: true;
}

export function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "skein-handle-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Asks again and again until it holds. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = withinMs,
): Promise<number> {
  const startedAt = performance.now();
  while (!(await holds())) {
    assert.ok(performance.now() - startedAt < ms, `not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - startedAt;
}
