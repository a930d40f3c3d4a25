import { once } from "node:events";
import { SkeinError } from "../../protocol/error.ts";
import { systemClock } from "../../runtime/clock.ts";
import { newInstanceId, systemRandom } from "../../runtime/random.ts";
import { workerAddress } from "../../worker/address.ts";
import { authorityOf, remedyOf } from "../../worker/authority-file.ts";
import { controllerSeeds } from "../../worker/locate.ts";
import { Membership, type MembershipNews } from "../../worker/membership.ts";
import { misunderstanding } from "../../worker/misunderstanding.ts";
import { defaultId, type JoinSettings, joinSettings } from "../../worker/options.ts";
import { webSocketConnect } from "../../worker/web-socket.ts";
import { afterEnd } from "../restarts.ts";
import { checkProgram } from "./check-program.ts";
import { anyFreePort } from "./free-port.ts";
import { afterCheck, isLate, nextCheckMs, startHealth } from "./health-rule.ts";
import type { RunSidecarOptions } from "./options.ts";
import { describeEnd, Program, type ProgramEnd } from "./program.ts";

/** A program that ran this long has proved itself: its end is an accident, not a fault of its start. */
const provedAfterMs = 2000;
/** The membership answers a drain within 500 ms. */
const drainAnswerMs = 1000;
const stopSignals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/**
 * Starts, watches and restarts a program, and is its place in the cluster: a session like that of `join`, opened when
 * the program's check passes, lost when it ends, `blocked` while it fails its check.
 *
 * On SIGTERM or SIGINT: first out of the cluster, then SIGTERM to the program. Resolves to the exit code: the
 * program's own after that, 0 where it ended by our signal, 1 where it cannot be started at all; once it has run, it is tried again.
 */
export async function runSidecar(options: RunSidecarOptions): Promise<number> {
  if (options.command.length === 0) {
    throw new SkeinError(
      "invalid",
      "skein run: name a program after --, as in: skein run --service orders -- ./orders",
    );
  }
  const port = options.port ?? (await anyFreePort());
  const { command, port: _port, check: _check, graceMs: _grace, service, ...joinOptions } = options;
  const settings = joinSettings(service, joinOptions, process.env);
  return new Sidecar(command, port, options, settings).run();
}

class Sidecar {
  readonly #command: string[];
  readonly #port: number;
  readonly #options: RunSidecarOptions;
  readonly #settings: JoinSettings;
  readonly #id: string;
  readonly #stopping = new AbortController();
  #program: Program | undefined;
  #membership: Membership | undefined;
  /** That it has joined was said, and nothing to the contrary since. */
  #saidJoined = false;
  #drained: () => void = () => undefined;

  constructor(command: string[], port: number, options: RunSidecarOptions, settings: JoinSettings) {
    this.#command = command;
    this.#port = port;
    this.#options = options;
    this.#settings = settings;
    this.#id = settings.id ?? defaultId(port);
  }

  async run(): Promise<number> {
    const stop = (): void => this.#stopping.abort();
    for (const signal of stopSignals) process.on(signal, stop);
    try {
      return await this.#keepRunning();
    } finally {
      for (const signal of stopSignals) process.removeListener(signal, stop);
    }
  }

  async #keepRunning(): Promise<number> {
    let restarts = { failures: 0, failedAt: -Infinity, notBefore: -Infinity };
    let hasRun = false;
    for (;;) {
      const startedMs = systemClock.now();
      const end = await this.#oneLife();
      hasRun ||= end !== "not started";
      if (!hasRun) return 1;
      if (this.#stopping.signal.aborted) return end === "not started" ? 0 : (end.code ?? 0);
      const now = systemClock.now();
      const proved = end !== "not started" && now - startedMs >= provedAfterMs;
      const verdict = afterEnd(restarts, { proved, othersReady: true }, now);
      restarts = proved ? { ...verdict.restarts, failures: 0 } : verdict.restarts;
      const again = verdict.delayMs === 0 ? "at once" : `in ${(verdict.delayMs / 1000).toFixed(1)} s`;
      // A deployment may be replacing its file just now.
      if (end === "not started") say(`it has run before: tried again ${again}`);
      else say(`${this.#command[0]} ended (${describeEnd(end)}); started again ${again}`);
      if (verdict.gaveUp) {
        say(
          `it ended ${restarts.failures} times in a row soon after its start: from now on tried rarely. See its own messages`,
        );
      }
      if (!(await this.#pause(verdict.delayMs))) return 0;
    }
  }

  /** From the start of the program to its end. */
  async #oneLife(): Promise<ProgramEnd | "not started"> {
    const program = this.#start();
    if (program === undefined) return "not started";
    this.#program = program;
    const over = new AbortController();
    const watching = this.#watchHealth(over.signal);
    const stopped = this.#stopWhenAsked(over.signal);
    try {
      return await program.ended;
    } catch (error) {
      this.#sayNotStarted(error);
      return "not started";
    } finally {
      over.abort();
      // Not a goodbye: what was in flight is lost, and the controllers shall look at once.
      if (!this.#stopping.signal.aborted) this.#membership?.lose();
      await Promise.all([watching, stopped]);
      this.#membership?.leave();
      this.#membership = undefined;
    }
  }

  #start(): Program | undefined {
    try {
      const env = { ...process.env, PORT: String(this.#port) };
      return new Program(this.#command, { env, stdio: "inherit" });
    } catch (error) {
      this.#sayNotStarted(error);
      return undefined;
    }
  }

  #sayNotStarted(error: unknown): void {
    say(`cannot start ${this.#command[0]}: ${error instanceof Error ? error.message : String(error)}`);
  }

  async #watchHealth(over: AbortSignal): Promise<void> {
    let health = startHealth;
    let failedSinceMs = 0;
    while (!over.aborted) {
      const passed = await checkProgram(this.#port, this.#options.check);
      if (over.aborted) return;
      const before = health;
      health = afterCheck(health, passed);
      if (before.failures === 0 && !passed) failedSinceMs = systemClock.now();
      if (before.kind === "starting" && health.kind === "well") this.#join();
      if (isLate(health)) say(`${this.#command[0]} ${this.#missing()}: it gets no requests until it does`);
      if (before.kind === "unwell" && health.kind === "well") this.#membership?.unblocked();
      if (health.kind === "unwell") this.#membership?.blocked(systemClock.now() - failedSinceMs);
      if (before.kind === "well" && health.kind === "unwell")
        say(`it fails its check (${this.#options.check ?? "TCP"})`);
      await sleep(nextCheckMs(health), over);
    }
  }

  #missing(): string {
    const { check } = this.#options;
    if (check !== undefined)
      return `does not answer ${check} on port ${this.#port} yet, below 400 (PORT, or --port)`;
    return `does not listen on port ${this.#port} yet (PORT, or --port)`;
  }

  #join(): void {
    if (this.#stopping.signal.aborted) return;
    const { service, about, control, state, token, ca } = this.#settings;
    const everywhere = { address: "0.0.0.0", family: "IPv4", port: this.#port };
    const registration = {
      service,
      id: this.#id,
      instance: newInstanceId(),
      address: workerAddress(everywhere, this.#settings).address,
      ...about,
    };
    this.#saidJoined = false;
    this.#membership = new Membership(registration, undefined, {
      clock: systemClock,
      random: systemRandom,
      connect: webSocketConnect(token, authorityOf(ca)),
      seeds: controllerSeeds(control, state),
      load: () => ({}),
      tell: (news) => this.#learn(news),
    });
  }

  #learn(news: MembershipNews): void {
    if (news.t === "drained") this.#drained();
    if (news.t === "welcomed") this.#sayJoined();
    if (news.t === "refused") say(`the controller refuses this worker (${news.code}): ${news.detail}`);
    if (news.t === "turned-away")
      say(`${news.controller} refuses this worker (${news.code}): ${news.detail}`);
    if (news.t === "unreachable") {
      this.#saidJoined = false;
      say(`${this.#whyNot(news)}; tried again until one lets it in`);
    }
  }

  #whyNot({ tried, url, reason, refused }: MembershipNews & { t: "unreachable" }): string {
    if (refused) return `${url} refuses ${this.#settings.service}/${this.#id} for now (${reason})`;
    const wrong = misunderstanding(url, reason, remedyOf(this.#settings.ca));
    return wrong ?? `no controller answers at ${tried.join(", ")} (${url}: ${reason})`;
  }

  /** Once, though each controller welcomes. */
  #sayJoined(): void {
    if (this.#saidJoined) return;
    this.#saidJoined = true;
    say(`${this.#settings.service}/${this.#id} has joined, with ${this.#command[0]} on port ${this.#port}`);
  }

  /** Once asked to stop: out of the cluster first, then SIGTERM. */
  async #stopWhenAsked(over: AbortSignal): Promise<void> {
    const { signal } = this.#stopping;
    if (!signal.aborted) await Promise.race([once(signal, "abort"), aborted(over)]);
    if (over.aborted) return;
    if (this.#membership !== undefined) {
      const drained = new Promise<void>((resolve) => (this.#drained = resolve));
      this.#membership.drain();
      await Promise.race([drained, sleep(drainAnswerMs, over)]);
      await sleep(this.#options.graceMs ?? 1000, over);
    }
    await this.#program?.stop(this.#options.drainMs ?? 30_000).catch(() => undefined);
  }

  /** False: asked to stop meanwhile. */
  async #pause(ms: number): Promise<boolean> {
    await sleep(ms, this.#stopping.signal);
    return !this.#stopping.signal.aborted;
  }
}

function say(text: string): void {
  process.stderr.write(`skein run: ${text}\n`);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

async function sleep(ms: number, until: AbortSignal): Promise<void> {
  if (until.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      until.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    until.addEventListener("abort", done);
  });
}
