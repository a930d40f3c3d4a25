import { systemClock } from "../../src/runtime/clock.ts";
import { deferred } from "../../src/demo/wait.ts";
import type { Ask } from "../suite/cases.ts";
import { type Asked, askedOf, Client, type Target } from "./client.ts";
import { Fifo } from "./fifo.ts";
import { startPacer } from "./pacer.ts";
import { type Record, Recorder } from "./recorder.ts";
import { dueAt, dueCount, type Schedule } from "./schedule.ts";

/** Connections that are being opened at the same time: more would meet a full queue of the listener. */
const openingMax = 256;
/** An arrival this near is sent now: sleeping for less than this is not worth it. */
const earlyMs = 0.05;
/** After the time that the load itself takes. */
const patienceMs = 10_000;
/** The pacer's thread is up by then. */
const startsInMs = 100;

export interface CrowdOrders {
  target: Target;
  ask: Ask;
  connections: number;
}

/**
 * Many connections that ask one thing, at a rate of their own (open loop) or each again as soon as it was answered
 * (closed loop). An open loop waits for nobody: what is due while every connection is busy is late by the peer's
 * doing, and its latency counts from when it was due.
 */
export class Crowd {
  readonly #orders: CrowdOrders;
  readonly #asked: Asked;
  readonly #clients = new Set<Client>();
  /** Longest idle first: the load goes round over all connections. */
  readonly #idle = new Fifo<Client>();
  /** When those were due that found no idle connection. */
  readonly #waiting = new Fifo<number>();
  #turn = 0;
  /** Undefined: a connection that carried its one request is gone. */
  #onIdle: ((client: Client | undefined) => void) | undefined;
  #recorder: Recorder | undefined;
  #failure: string | undefined;
  #onFailure: (() => void) | undefined;

  constructor(orders: CrowdOrders) {
    this.#orders = orders;
    this.#asked = askedOf(orders.ask, orders.target);
  }

  /** Opens all connections, and lets each ask once: what they hold then is what a used connection holds. */
  async open(): Promise<void> {
    const { connections, ask } = this.#orders;
    if (ask.fresh) return;
    for (let opened = 0; opened < connections; opened += openingMax) {
      const wave = Math.min(openingMax, connections - opened);
      await this.#until(patienceMs, (done) => {
        let answered = 0;
        const asked = new Set<Client>();
        this.#onIdle = (client) => {
          if (client === undefined) return;
          if (asked.has(client)) {
            this.#idle.push(client);
            answered += 1;
            if (answered === wave) done();
          } else {
            asked.add(client);
            client.send(this.#next());
          }
        };
        for (let index = 0; index < wave; index += 1) this.#connect();
      });
    }
  }

  async runOpen(perSecond: number, seconds: number): Promise<Record> {
    const count = Math.round(perSecond * seconds);
    const schedule: Schedule = { startAt: systemClock.now() + startsInMs, perSecond, count };
    const recorder = new Recorder(count, schedule.startAt);
    this.#recorder = recorder;
    let taken = 0;
    const takeDue = (): void => {
      const now = systemClock.now();
      for (const due = dueCount(schedule, now + earlyMs); taken < due; taken += 1) {
        const at = dueAt(schedule, taken);
        recorder.taken(now - at);
        this.#take(at, now);
      }
    };
    const pacer = await startPacer(schedule, takeDue);
    try {
      await this.#until(seconds * 1000 + patienceMs, (done) => {
        this.#onIdle = (client) => {
          if (client === undefined) return;
          const waiting = this.#waiting.shift();
          if (waiting === undefined) this.#idle.push(client);
          else this.#send(client, waiting, systemClock.now());
        };
        recorder.onComplete = done;
      });
    } finally {
      await pacer.stop();
    }
    return recorder.record();
  }

  async runClosed(seconds: number): Promise<Record> {
    const startedAt = systemClock.now();
    const recorder = new Recorder(Number.POSITIVE_INFINITY, startedAt);
    this.#recorder = recorder;
    const endAt = startedAt + seconds * 1000;
    const { ask, connections } = this.#orders;
    const all = ask.fresh ? Array.from({ length: connections }, () => undefined) : this.#idle.takeAll();
    await this.#until(seconds * 1000 + patienceMs, (done) => {
      let busy = all.length;
      this.#onIdle = (client) => {
        const now = systemClock.now();
        if (now < endAt) return this.#again(client, now);
        if (client !== undefined) this.#idle.push(client);
        busy -= 1;
        if (busy === 0) done();
      };
      for (const client of all) this.#again(client, startedAt);
    });
    return recorder.record();
  }

  close(): void {
    for (const client of this.#clients) client.close();
    this.#clients.clear();
    this.#idle.takeAll();
  }

  #again(client: Client | undefined, now: number): void {
    if (client === undefined) this.#connect().dueAt = now;
    else this.#send(client, now, now);
  }

  #take(at: number, now: number): void {
    if (this.#orders.ask.fresh) {
      this.#connect().dueAt = Math.min(at, now);
      return;
    }
    const client = this.#idle.shift();
    if (client === undefined) this.#waiting.push(at);
    else this.#send(client, at, now);
  }

  /** One that is sent early counts from when it was sent: latency is never told too short. */
  #send(client: Client, at: number, now: number): void {
    client.dueAt = Math.min(at, now);
    client.send(this.#next());
  }

  #next(): Buffer {
    const { requests } = this.#asked;
    this.#turn = (this.#turn + 1) % requests.length;
    return requests[this.#turn] ?? Buffer.alloc(0);
  }

  #connect(): Client {
    const { target, ask } = this.#orders;
    const client = new Client(target, ask, this.#asked.opening, {
      onReady: (ready) => {
        if (ask.fresh) ready.send(this.#next());
        else this.#onIdle?.(ready);
      },
      onAnswer: (answered) => this.#answered(answered),
      onFailure: (failed, detail) => {
        this.#clients.delete(failed);
        this.#fail(detail);
      },
    });
    this.#clients.add(client);
    return client;
  }

  #answered(client: Client): void {
    const now = systemClock.now();
    this.#recorder?.answered(now - client.dueAt, now);
    const { fresh } = this.#orders.ask;
    if (client.reusable && !fresh) return this.#onIdle?.(client);
    client.close();
    this.#clients.delete(client);
    if (fresh) this.#onIdle?.(undefined);
    // A server may end a connection with an answer; another takes its place.
    else this.#connect();
  }

  #fail(detail: string): void {
    this.#failure ??= detail;
    this.#onFailure?.();
  }

  /** Until `work` calls what it was given. Rejects at the first failure, and when nothing ends it. */
  async #until(withinMs: number, work: (done: () => void) => void): Promise<void> {
    const { promise, resolve } = deferred();
    const { promise: failed, resolve: fail } = deferred();
    this.#onFailure = fail;
    const timer = setTimeout(() => this.#fail(`not all was answered within ${withinMs} ms`), withinMs);
    try {
      if (this.#failure === undefined) {
        work(resolve);
        await Promise.race([promise, failed]);
      }
    } finally {
      clearTimeout(timer);
      this.#onIdle = undefined;
      this.#onFailure = undefined;
    }
    if (this.#failure !== undefined) throw new Error(this.#failure);
  }
}
