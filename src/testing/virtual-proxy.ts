import { Balancer } from "../core/balancing/balancer.ts";
import type { Candidate } from "../core/balancing/candidate.ts";
import { newLatency, observeLatency } from "../core/balancing/latency.ts";
import { afterTable, eligible } from "../core/health/eligible.ts";
import type { HealthView } from "../core/health/grade.ts";
import {
  afterProbePassed,
  afterRefused,
  afterReset,
  afterStall,
  afterSuccess,
  afterTrialBegan,
  atTime,
  type LocalHealth,
  newHealth,
  trialOf,
} from "../core/health/health.ts";
import { isStalled, newStallWatch, watchByte, watchEnded, watchSent } from "../core/health/stall.ts";
import type { EvidenceKind } from "../protocol/evidence.ts";
import type { TableFrame, TableWorker } from "../protocol/routing-table.ts";
import { TableView } from "../proxy/table/table-view.ts";
import type { Timer } from "../runtime/clock.ts";
import type { Random } from "../runtime/random.ts";
import type { Purpose } from "./virtual-controller.ts";
import type { End, VirtualNetwork, Wire } from "./virtual-network.ts";
import { VirtualProcess } from "./virtual-time.ts";

const silenceMs = 1_500;
const retryMs = 100;
const stallLookMs = 60;
/** What one answer takes is known here: no estimator is needed for the stall rule. */
const usualMs = 10;

/** How one request of a client ended. */
export interface Outcome {
  atMs: number;
  /** Who answered; undefined: nobody could be asked any more. */
  worker: string | undefined;
  tried: readonly string[];
}

export interface VirtualProxyOptions {
  name: string;
  service: string;
  network: VirtualNetwork;
  random: Random;
  /** The controllers that run at this moment, by name. */
  controllers: () => readonly string[];
  requestEveryMs: number;
  onPick: (proxy: VirtualProxy, worker: string) => void;
  onOutcome: (proxy: VirtualProxy, outcome: Outcome) => void;
}

/** A worker as this proxy knows it. */
class Known implements Candidate, HealthView {
  row: TableWorker;
  health: LocalHealth;
  liveSince: number;
  inFlight = 0;
  readonly latency;
  readonly stall;
  readonly waiting = new Set<Request>();

  constructor(row: TableWorker, now: number) {
    this.row = row;
    this.health = newHealth(now);
    this.liveSince = now - row.liveForMs;
    this.latency = newLatency(now);
    this.stall = newStallWatch(now);
  }

  get state(): TableWorker["state"] {
    return this.row.state;
  }

  get id(): string {
    return this.row.id;
  }

  get weight(): number {
    return this.row.weight;
  }
}

interface Request {
  tried: Known[];
}

/**
 * A proxy in virtual time: the product's table, health and balancing rules, and requests (all of a kind that may be
 * repeated) in place of its HTTP engine.
 */
export class VirtualProxy {
  readonly name: string;
  readonly process: VirtualProcess;
  /** The controller whose table it reads, and since when. */
  attached: { controller: string; sinceMs: number } | undefined;
  readonly #options: VirtualProxyOptions;
  readonly #view = new TableView();
  readonly #known = new Map<string, Known>();
  #last = "";
  #heardAt = 0;
  #stream: Wire | undefined;
  #silence: Timer | undefined;

  constructor(options: VirtualProxyOptions) {
    this.#options = options;
    this.name = options.name;
    this.process = new VirtualProcess(options.network.time);
    const { clock } = this.process;
    clock.every(options.requestEveryMs, () => this.#request());
    clock.every(stallLookMs, () => clock.afterPendingInput(() => this.#lookForStalls()));
    this.#look();
  }

  get term(): number {
    return this.#view.term;
  }

  /** Ids of the workers that a request may go to now. */
  get choosable(): string[] {
    return eligible(this.#allAsOfNow()).map((worker) => worker.row.id);
  }

  /** What it knows of a worker, for messages. */
  describe(id: string): string {
    const known = this.#known.get(id);
    return known === undefined ? "not in its table" : JSON.stringify([known.row.state, known.health]);
  }

  // --- The table ---

  #look(): void {
    const names = this.#options.controllers();
    const others = names.filter((name) => name !== this.#last);
    const choice = others.length > 0 ? others : names;
    const name = choice[Math.floor(this.#options.random() * choice.length)];
    if (name === undefined) this.process.clock.after(retryMs, () => this.#look());
    else this.#attach(name);
  }

  #attach(controller: string): void {
    const { network } = this.#options;
    this.#last = controller;
    let over = false;
    const leave = (retry: boolean): void => {
      if (over) return;
      over = true;
      this.#stream?.close();
      this.#stream = undefined;
      this.attached = undefined;
      this.#silence?.cancel();
      if (retry) this.process.clock.after(retryMs, () => this.#look());
      else this.#look();
    };
    const self: End = {
      node: this.name,
      process: this.process,
      message: (line) => {
        if (over) return;
        this.#heardAt = this.process.clock.now();
        if (this.#take(JSON.parse(line) as TableFrame)) {
          this.attached ??= { controller, sinceMs: this.process.clock.now() };
        } else leave(true);
      },
      closed: () => leave(false),
    };
    this.#heardAt = this.process.clock.now();
    this.#listenForSilence(() => leave(false));
    network.connect(
      self,
      controller,
      (wire) => {
        if (over) return wire.close();
        this.#stream = wire;
        this.#view.beginStream();
        wire.send("table" satisfies Purpose);
      },
      () => leave(true),
    );
  }

  #listenForSilence(leave: () => void): void {
    const { clock } = this.process;
    const heardAt = this.#heardAt;
    this.#silence = clock.after(silenceMs, () =>
      clock.afterPendingInput(() => {
        if (heardAt === this.#heardAt) leave();
        else this.#listenForSilence(leave);
      }),
    );
  }

  #take(frame: TableFrame): boolean {
    const change = this.#view.accept(frame);
    if (change.kind === "refused") return false;
    if (change.kind === "none") return true;
    if (change.kind !== "part") for (const { id } of change.removals) this.#known.delete(id);
    for (const row of change.upserts) if (row.service === this.#options.service) this.#upsert(row);
    return true;
  }

  #upsert(row: TableWorker): void {
    const now = this.process.clock.now();
    const known = this.#known.get(row.id);
    if (known === undefined || known.row.generation !== row.generation) {
      this.#known.set(row.id, new Known(row, now));
      return;
    }
    known.health = afterTable(known.health, known.state, row.state, now);
    const wentMute = known.state.kind === "live" && isMute(row);
    known.row = row;
    if (wentMute) this.#moveAway(known);
  }

  // --- Requests ---

  #allAsOfNow(): Known[] {
    const now = this.process.clock.now();
    const all = [...this.#known.values()];
    for (const known of all) known.health = atTime(known.health, now);
    return all;
  }

  #request(): void {
    const request: Request = { tried: [] };
    for (const known of this.#allAsOfNow()) {
      const trial = trialOf(known.health);
      if (trial === undefined) continue;
      known.health = afterTrialBegan(known.health);
      if (trial === "probe") this.#probe(known);
      else return this.#send(request, known);
    }
    this.#forward(request);
  }

  #forward(request: Request): void {
    const { random, onOutcome } = this.#options;
    const now = this.process.clock.now();
    const candidates = new Balancer<Known>({ policy: "least-wait", slowStartMs: 0 }, random);
    for (const known of eligible(this.#allAsOfNow())) candidates.add(known);
    const chosen = candidates.pick(now, request.tried);
    if (chosen === undefined) {
      onOutcome(this, { atMs: now, worker: undefined, tried: request.tried.map((known) => known.row.id) });
      return;
    }
    this.#options.onPick(this, chosen.row.id);
    this.#send(request, chosen);
  }

  #send(request: Request, to: Known): void {
    const { network, onOutcome } = this.#options;
    const { clock } = this.process;
    const sentAt = clock.now();
    let connection: Wire | undefined;
    request.tried.push(to);
    to.waiting.add(request);
    to.inFlight += 1;
    watchSent(to.stall, sentAt);
    /** False: this request has moved on since. */
    const ended = (): boolean => {
      if (!to.waiting.delete(request)) return false;
      to.inFlight -= 1;
      watchEnded(to.stall);
      return true;
    };
    const again = (evidence: "refused" | "reset"): void => {
      const now = clock.now();
      to.health = evidence === "refused" ? afterRefused(to.health, now) : afterReset(to.health, now);
      this.#report(to, evidence);
      if (ended()) this.#forward(request);
    };
    const self: End = {
      node: this.name,
      process: this.process,
      message: () => {
        const now = clock.now();
        watchByte(to.stall, now);
        const before = to.health;
        to.health = afterSuccess(before, now);
        if (before.kind !== "ok" && to.health.kind === "ok") this.#report(to, "answered");
        observeLatency(to.latency, now - sentAt, now);
        connection?.close();
        if (ended()) onOutcome(this, { atMs: now, worker: to.row.id, tried: [] });
      },
      closed: () => again("reset"),
    };
    network.connect(
      self,
      to.row.address,
      (wire) => {
        connection = wire;
        wire.send("request");
      },
      () => again("refused"),
    );
  }

  #lookForStalls(): void {
    const now = this.process.clock.now();
    for (const known of this.#known.values()) {
      if (!isStalled(known.stall, usualMs, now)) continue;
      if (known.health.kind === "ok") this.#report(known, "stalled");
      known.health = afterStall(known.health, now);
      this.#moveAway(known);
    }
  }

  /** What waits for an answer there goes to another worker. */
  #moveAway(known: Known): void {
    for (const request of known.waiting) {
      known.waiting.delete(request);
      known.inFlight -= 1;
      watchEnded(known.stall);
      this.#forward(request);
    }
  }

  #probe(known: Known): void {
    const { network } = this.#options;
    network.knock(this.name, known.row.address, (listens) => {
      this.process.deliver(() => {
        const now = this.process.clock.now();
        if (listens) known.health = afterProbePassed(known.health, now);
        else known.health = afterRefused(known.health, now);
      });
    });
  }

  #report(known: Known, kind: EvidenceKind): void {
    const { service, id, address, generation } = known.row;
    this.#stream?.send(JSON.stringify([{ service, id, address, generation, kind }]));
  }
}

function isMute(row: TableWorker): boolean {
  return row.state.kind === "suspect" && (row.state.cause === "stalled" || row.state.cause === "blocked");
}
