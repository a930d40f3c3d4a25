import assert from "node:assert/strict";
import type { Service } from "../../protocol/configuration.ts";
import type { Evidence } from "../../protocol/evidence.ts";
import type { TableWorker } from "../../protocol/routing-table.ts";
import type { Clock } from "../../runtime/clock.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { seededRandom } from "../../runtime/random.ts";
import { Applicant } from "../exchange/applicant.ts";
import type { Asker } from "../exchange/sides.ts";
import { Proxy } from "../proxy.ts";
import type { ServicePool } from "../workers/service-pool.ts";
import type { Worker } from "../workers/worker.ts";
import { testService, testTable, testWorkerRow } from "./testing-table.ts";

interface Due {
  readonly atMs: number;
  readonly run: () => void;
}

/** Time that passes only when told to, by plain calls: tens of thousands of requests take a second. */
export class PlainTime {
  nowMs = 1_000;
  /** The next one last. */
  readonly #due: Due[] = [];
  readonly clock: Clock = {
    now: () => this.nowMs,
    wallTime: () => "",
    after: () => ({ cancel() {} }),
    every: (ms, fire) => {
      let stopped = false;
      const again = (): void => {
        if (stopped) return;
        fire();
        this.at(this.nowMs + ms, again);
      };
      this.at(this.nowMs + ms, again);
      return { cancel: () => void (stopped = true) };
    },
    afterPendingInput: (fire) => fire(),
  };

  at(atMs: number, run: () => void): void {
    let place = this.#due.length;
    while (place > 0 && (this.#due[place - 1]?.atMs ?? Infinity) <= atMs) place -= 1;
    this.#due.splice(place, 0, { atMs, run });
  }

  /** The process stands still: what falls due meanwhile runs when time passes again, late. */
  standStill(ms: number): void {
    this.nowMs += ms;
  }

  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let due = this.#due.at(-1); due !== undefined && due.atMs <= untilMs; due = this.#due.at(-1)) {
      this.#due.pop();
      this.nowMs = Math.max(this.nowMs, due.atMs);
      due.run();
    }
    this.nowMs = untilMs;
  }
}

/** How a worker answers. */
export interface TestAnswer {
  /** 0: it breaks off before the head. */
  readonly status: number;
  readonly afterMs: number;
  readonly brokenOff?: boolean;
  /** So long after its head. */
  readonly bodyMs?: number;
  /** What came by then is no valid answer, or nothing came. */
  readonly invalid?: boolean;
}

export interface PoolSceneParts {
  readonly service?: Partial<Service>;
  readonly workers: readonly Partial<TableWorker>[];
  readonly seed?: number;
  readonly evidence?: (item: Evidence) => void;
}

/** The pool of one service in virtual time: what a request does to it, without sockets. */
export class PoolScene {
  readonly time = new PlainTime();
  readonly random;
  readonly pool: ServicePool;
  readonly #proxy: Proxy;
  readonly #rows: TableWorker[];
  #sequence = 1;

  constructor(context: { after(fn: () => void): void }, parts: PoolSceneParts) {
    this.random = seededRandom(parts.seed ?? 7);
    this.#proxy = new Proxy({
      name: "proxy-1",
      instance: "test",
      clock: this.time.clock,
      random: this.random,
      logger: silentLogger,
      evidence: parts.evidence ?? (() => {}),
    });
    context.after(() => this.#proxy.close());
    this.#rows = parts.workers.map((row, at) => testWorkerRow(at + 1, { id: `w-${at}`, ...row }));
    this.#proxy.take({
      kind: "full",
      table: testTable({ services: [testService(parts.service)], workers: this.#rows }),
    });
    this.pool = this.#proxy.pool("web");
  }

  /** The table says something else of the worker than at first. */
  tell(id: string, news: Partial<TableWorker>): void {
    const row = this.#rows.find((each) => each.id === id);
    assert.ok(row !== undefined);
    this.#sequence += 1;
    this.#proxy.take({
      kind: "delta",
      sequence: this.#sequence,
      term: 1,
      settled: true,
      upserts: [{ ...row, ...news }],
      removals: [],
    });
  }

  worker(id: string): Worker {
    const worker = this.pool.workers.get(id);
    assert.ok(worker !== undefined);
    return worker;
  }

  /** Ids of those that may be chosen. */
  get chosen(): string[] {
    const candidates = this.pool.candidatesOf(undefined);
    return [...this.pool.workers.values()].filter((worker) => candidates.has(worker)).map(({ id }) => id);
  }

  /** Clients that come by chance, `perSecond` of them, for so long. */
  clients(perSecond: number, ms: number, serve: (worker: Worker) => TestAnswer, subset?: string): void {
    const untilMs = this.time.nowMs + ms;
    const next = (): void => {
      this.request(serve, {
        key: Math.floor(this.random() * 2 ** 32),
        ...(subset !== undefined && { subset }),
      });
      const at = this.time.nowMs - (Math.log(1 - this.random()) * 1_000) / perSecond;
      if (at < untilMs) this.time.at(at, next);
    };
    this.time.at(this.time.nowMs, next);
  }

  /** A GET comes, and is answered as `serve` says of the worker that gets it. Who that is; undefined: nobody. */
  request(
    serve: (worker: Worker) => TestAnswer,
    aim: { key?: number; wanted?: Worker; client?: number; subset?: string } = {},
  ): Worker | undefined {
    const { pool, time } = this;
    const asker = testAsker();
    const applicant = new Applicant(asker, { tryAgain() {}, displaced() {} });
    Object.assign(applicant.aim, aim);
    const sentAt = time.nowMs;
    const worker = pool.take(applicant, sentAt);
    if (worker === undefined) return undefined;
    const {
      status,
      afterMs,
      invalid = false,
      bodyMs = 0,
      brokenOff = status === 0 && !invalid,
    } = serve(worker);
    pool.occupy(worker, asker);
    pool.watch.sent(worker, sentAt);
    time.at(sentAt + afterMs, () => {
      const now = time.nowMs;
      pool.watch.byte(worker, now);
      pool.watch.canaryEnded(worker, asker, status > 0);
      pool.watch.outstandingEnded(worker);
      if (status > 0) pool.watch.answered(worker, status, now - sentAt, now, applicant.aim);
      if (invalid) pool.watch.failedToAnswer(worker, applicant.aim);
      const end = (): void => {
        if (brokenOff) pool.watch.brokeOff(worker, { aim: applicant.aim, answer: { status, headAt: now } });
        pool.free(worker, asker);
      };
      if (bodyMs === 0) end();
      else time.at(now + bodyMs, end);
    });
    return worker;
  }
}

/** What the pool must know of a GET without a body. */
function testAsker(): Asker {
  return {
    slot: -1,
    requestDone: true,
    idempotent: true,
    retries: 0,
    moveAway() {},
  } as Partial<Asker> as Asker;
}
