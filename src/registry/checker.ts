import { isIP } from "node:net";
import { insistent, unhurried } from "../core/health/inquiry.ts";
import { parseAddress } from "../core/registry/address.ts";
import { sealedLink } from "../core/registry/sealed.ts";
import type { WorkerEvent } from "../core/registry/events.ts";
import { checksGoOn } from "../core/registry/judge.ts";
import type { Registration, Worker } from "../core/registry/worker.ts";
import type { Check, WorkerTls } from "../protocol/configuration.ts";
import type { Clock } from "../runtime/clock.ts";
import { holderOf } from "../runtime/holder-of.ts";
import type { Random } from "../runtime/random.ts";
import { DueWheel } from "./due-wheel.ts";
import type { Entry } from "./entry.ts";
import { FairLine } from "./fair-line.ts";
import type { Prober, ProbeResult, ProbeTarget, Question } from "./probe.ts";

export interface CheckerPorts {
  clock: Clock;
  random: Random;
  prober: Prober;
  checkOf(service: string): Check;
  /** How its workers are spoken to; undefined: in clear. */
  tlsOf(service: string): WorkerTls | undefined;
  /** What a check or probe found. */
  report(entry: Entry, event: WorkerEvent): void;
}

export const checkerNumbers = {
  /** Checks and probes under way at once; the others wait in line. Each is one socket. */
  concurrencyMax: 256,
  /** After a failure, from the start of one to the start of the next, but never two at once ... */
  againMs: 250,
  /** ... so many times, then each second. */
  againTimes: 20,
  slowAgainMs: 1_000,
  connectTimeoutMs: 1_000,
  /** For an answer, where the watch thread gave none. */
  insistMs: 190,
  jitter: 0.1,
} as const;

interface Job {
  entry: Entry;
  kind: "check" | "connect" | "answer";
  dueAt: number;
  startedAt: number;
  generation: number;
  failures: number;
  running: boolean;
  /** Asked for once more while it ran. */
  again: boolean;
  over: boolean;
}

/** Runs first checks, regular checks and probes: at most one of each kind per worker, bounded over all. */
export class Checker {
  readonly #ports: CheckerPorts;
  readonly #checks = new Map<string, Job>();
  readonly #probes = new Map<string, Job>();
  readonly #wheel: DueWheel<Job>;
  /**
   * In line, in turns: those whose last question was answered, or that ask for the first time; and those that found nobody.
   * In each of them the turn goes from host to host: one host with thousands of workers keeps no other one's waiting.
   */
  readonly #waiting: readonly [sound: FairLine<Job>, failing: FairLine<Job>] = [
    new FairLine(),
    new FairLine(),
  ];
  #turn = 0;
  #running = 0;
  #stopped = false;
  /** Since the start, for the metrics. */
  readonly done = { passed: 0, failed: 0 };

  constructor(ports: CheckerPorts) {
    this.#ports = ports;
    this.#wheel = new DueWheel(20, ports.clock.now());
  }

  /** Starts or ends the regular checks of a worker, after anything changed about it. */
  consider(entry: Entry): void {
    const job = this.#checks.get(entry.key);
    const wanted = wantsChecks(entry.worker);
    const { generation } = entry.worker.registration;
    if (job !== undefined && (!wanted || job.generation !== generation)) {
      job.over = true;
      this.#checks.delete(entry.key);
    }
    if (!wanted || this.#checks.has(entry.key)) return;
    const fresh = newJob(entry, "check", this.#ports.clock.now());
    this.#checks.set(entry.key, fresh);
    this.#start(fresh);
  }

  probe(entry: Entry, how: "connect" | "answer", afterMs: number): void {
    const now = this.#ports.clock.now();
    const known = this.#probes.get(entry.key);
    const { generation } = entry.worker.registration;
    if (known !== undefined && known.generation === generation && known.kind === how) {
      if (known.running) known.again ||= afterMs === 0;
      if (known.running || known.dueAt <= now + afterMs) return;
    }
    if (known !== undefined) known.over = true;
    const job = newJob(entry, how, now + afterMs);
    this.#probes.set(entry.key, job);
    if (afterMs === 0) this.#start(job);
    else this.#wheel.put(job, job.dueAt);
  }

  /** Asks for an answer at once, beside all jobs: requests wait for what comes of it. */
  async ask({ worker }: Entry): Promise<ProbeResult> {
    const { registration } = worker;
    const target = this.#targetOf(registration);
    if (target === undefined) return { kind: "silent" };
    return await this.#ports.prober(
      target,
      answerQuestion(this.#ports.checkOf(registration.service)),
      insistent(checkerNumbers.insistMs),
    );
  }

  forget(entry: Entry): void {
    for (const jobs of [this.#checks, this.#probes]) {
      const job = jobs.get(entry.key);
      if (job !== undefined) job.over = true;
      jobs.delete(entry.key);
    }
  }

  tick(now: number): void {
    for (const job of this.#wheel.take(now)) if (!job.over) this.#start(job);
  }

  stop(): void {
    this.#stopped = true;
    for (const line of this.#waiting) line.clear();
  }

  #start(job: Job): void {
    if (this.#stopped || job.running) return;
    this.#waiting[job.failures === 0 ? 0 : 1].join(hostOf(job), job);
    this.#startNext();
  }

  #begin(job: Job): void {
    job.running = true;
    job.startedAt = this.#ports.clock.now();
    this.#running += 1;
    void this.#run(job);
  }

  async #run(job: Job): Promise<void> {
    const { registration } = job.entry.worker;
    const check = this.#ports.checkOf(registration.service);
    const target = this.#targetOf(registration);
    const { question, timeoutMs } = questionOf(job, check);
    const result: ProbeResult =
      target === undefined
        ? { kind: "silent" }
        : await this.#ports.prober(target, question, unhurried(timeoutMs));
    job.running = false;
    this.#running -= 1;
    // Before it is due again: who is silent is so at once, and would never leave its place to anybody.
    this.#startNext();
    if (!this.#stopped) this.#finished(job, check, result);
  }

  /** One that ended meanwhile takes no other one's place. */
  #startNext(): void {
    while (this.#running < checkerNumbers.concurrencyMax) {
      const next = this.#nextInLine();
      if (next === undefined) return;
      if (!next.over && !next.running) this.#begin(next);
    }
  }

  /** However many are silent, every other place is for one that was not. */
  #nextInLine(): Job | undefined {
    this.#turn = 1 - this.#turn;
    const [first, second] = this.#turn === 0 ? this.#waiting : this.#waiting.toReversed();
    return first?.next() ?? second?.next();
  }

  /** As the proxies speak to it: what is asked there shall be true of the way that requests go. */
  #targetOf({ service, id, address, serverName, link }: Registration): ProbeTarget | undefined {
    const parsed = parseAddress(address);
    const settings = this.#ports.tlsOf(service);
    if (parsed === undefined) return undefined;
    if (settings === undefined) {
      const sealedBy = sealedLink(parsed.host, link);
      return sealedBy === undefined ? parsed : { ...parsed, sealedBy };
    }
    return { ...parsed, tls: { service, worker: id, settings, serverName } };
  }

  #finished(job: Job, check: Check, result: ProbeResult): void {
    const stale = job.over || job.entry.worker.registration.generation !== job.generation;
    if (stale) return;
    if (job.kind === "check") this.#checkDone(job, check, result);
    else this.#probeDone(job, result);
  }

  #checkDone(job: Job, check: Check, result: ProbeResult): void {
    const passed = result.kind === "connected" || (result.kind === "answered" && result.status < 400);
    if (result.kind !== "void") {
      job.failures = passed ? 0 : job.failures + 1;
      this.done[passed ? "passed" : "failed"] += 1;
      const event: WorkerEvent = passed
        ? { kind: "check-passed", answered: result.kind === "answered" }
        : { kind: "check-failed", refused: result.kind === "refused" };
      this.#ports.report(job.entry, event);
    }
    // The report may have ended these checks.
    if (job.over) return;
    const now = this.#ports.clock.now();
    job.dueAt = Math.max(now, job.startedAt + this.#periodMs(job, check));
    if (job.dueAt === now) this.#start(job);
    else this.#wheel.put(job, job.dueAt);
  }

  #periodMs(job: Job, check: Check): number {
    const { againMs, againTimes, slowAgainMs, jitter } = checkerNumbers;
    const healthy = job.failures === 0 && job.entry.worker.admitted && !job.entry.worker.checks.failed;
    if (!healthy) return job.failures > againTimes ? slowAgainMs : againMs;
    const everyMs = check.kind === "none" ? slowAgainMs : check.everyMs;
    return everyMs * (1 - jitter + 2 * jitter * this.#ports.random());
  }

  #probeDone(job: Job, result: ProbeResult): void {
    this.#probes.delete(job.entry.key);
    const event = probeEvent(result);
    if (event === undefined || job.again)
      this.probe(job.entry, job.kind === "answer" ? "answer" : "connect", 0);
    if (event !== undefined) this.#ports.report(job.entry, event);
  }
}

function newJob(entry: Entry, kind: Job["kind"], dueAt: number): Job {
  const { generation } = entry.worker.registration;
  return {
    entry,
    kind,
    dueAt,
    startedAt: dueAt,
    generation,
    failures: 0,
    running: false,
    again: false,
    over: false,
  };
}

/** Of an IPv6 host: its network, of which it may use any address. */
function hostOf({ entry }: Job): string {
  const { address } = entry.worker.registration;
  const host = parseAddress(address)?.host ?? address;
  return isIP(host) === 0 ? host : holderOf(host);
}

function wantsChecks(worker: Worker): boolean {
  if (worker.left) return false;
  // It is in no table, so no request would find it back; and it may have no other check.
  if (worker.dead) return worker.origin === "configured";
  return !worker.admitted || checksGoOn(worker);
}

function questionOf(job: Job, check: Check): { question: Question; timeoutMs: number } {
  const timeoutMs = check.kind === "none" ? checkerNumbers.connectTimeoutMs : check.timeoutMs;
  const connect: Question = { kind: "connect" };
  const viaHttp: Question | undefined =
    check.kind === "http" ? { kind: "http", method: "GET", path: check.path } : undefined;
  if (job.kind === "connect") return { question: connect, timeoutMs };
  if (job.kind === "check") {
    const configured = job.entry.worker.gate.kind === "checked" ? viaHttp : undefined;
    return { question: configured ?? connect, timeoutMs };
  }
  return { question: answerQuestion(check), timeoutMs };
}

/** RFC 9110, 9.3.7: `OPTIONS *` is a no-op that tests whether a server answers. Any status will do. */
function answerQuestion(check: Check): Question {
  return check.kind === "http"
    ? { kind: "http", method: "GET", path: check.path }
    : { kind: "http", method: "OPTIONS", path: "*" };
}

function probeEvent(result: ProbeResult): WorkerEvent | undefined {
  switch (result.kind) {
    case "connected":
      return { kind: "probe-connected" };
    case "answered":
      return { kind: "probe-answered" };
    case "refused":
      return { kind: "probe-refused" };
    case "silent":
      return { kind: "probe-silent" };
    case "void":
      return undefined;
  }
}
