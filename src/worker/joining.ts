import type { Server } from "node:http";
import { SkeinError } from "../protocol/error.ts";
import type { LinkAddress } from "../protocol/heartbeat.ts";
import { problems, type ProblemName } from "../protocol/problem.ts";
import type { Clock } from "../runtime/clock.ts";
import { newInstanceId } from "../runtime/random.ts";
import { workerAddress } from "./address.ts";
import { remedyOf } from "./authority-file.ts";
import { InFlight } from "./in-flight.ts";
import { LinkListener } from "./link/link-listener.ts";
import { JoinedWorker } from "./joined-worker.ts";
import type { MembershipNews, Registration } from "./membership.ts";
import { misunderstanding } from "./misunderstanding.ts";
import { defaultId, type JoinSettings } from "./options.ts";
import { closePolitely, type PoliteClose } from "./polite-close.ts";
import { Presence } from "./presence.ts";
import { untilQuiet } from "./quiet.ts";
import { newSharedLoad, type SharedLoad, sharedLoadIn } from "./shared-load.ts";
import { onSigterm } from "./signals.ts";
import { warn } from "./warnings.ts";

const limits = {
  /** No request for this long after no proxy chooses us any more: none is under way. */
  quietMs: 250,
  /** For a server that does not listen when `join` is called: `await join(server)` may stand before `listen`. */
  listenMs: 250,
  /** Then it is no slow start any more: a server that is never meant to listen, or another one that does. */
  silentMs: 5_000,
} as const;

/** One server on its way into the cluster, in it, and out of it: the order in which things begin and end. */
export class Joining {
  readonly worker: JoinedWorker;
  readonly #server: Server;
  readonly #settings: JoinSettings;
  readonly #clock: Clock;
  readonly #instance = newInstanceId();
  readonly #load: SharedLoad;
  readonly #presence: Presence;
  readonly #inFlight: InFlight;
  readonly #close: PoliteClose;
  readonly #undo: (() => void)[] = [];
  #links: LinkListener | undefined;
  #everJoined = false;
  /** `join` has told its caller how it ended: what comes now nobody else tells. */
  #returned = false;
  /** That no controller answers was said, and not that one does. */
  #alarmed = false;
  #listens: boolean;
  #draining: Promise<void> | undefined;
  #leaving: Promise<void> | undefined;
  #refusal: SkeinError | undefined;
  #listening: () => void = () => undefined;
  #answered: () => void = () => undefined;

  constructor(server: Server, settings: JoinSettings, clock: Clock) {
    this.#server = server;
    this.#settings = settings;
    this.#clock = clock;
    this.worker = new JoinedWorker(server, settings.service, settings.id ?? "", {
      drain: async () => this.#drain(),
      leave: async () => this.#leave(),
    });
    this.#listens = server.listening;
    const load = newSharedLoad();
    this.#load = sharedLoadIn(load);
    this.#presence = new Presence(settings, this.#listens ? this.#registration() : undefined, load, clock, {
      news: (news) => this.#learn(news),
      failed: (error) => warnThreadFailed(error),
    });
    this.#inFlight = new InFlight(server, this.#load);
    this.#close = closePolitely(server, async () => this.#drain());
    this.#listen();
    if (settings.drainOnSigterm) this.#undo.push(onSigterm(async () => this.#end()));
  }

  /** Resolves when `join` may return. */
  async answered(): Promise<void> {
    const { waitMs } = this.#settings;
    if (!this.#listens) await within(Math.min(waitMs, limits.listenMs), (done) => (this.#listening = done));
    if (this.#listens && this.worker.state === "joining" && this.#refusal === undefined) {
      await within(waitMs, (done) => (this.#answered = done));
    }
    this.#returned = true;
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  #listen(): void {
    const listening = (): void => {
      this.#listens = true;
      try {
        this.#presence.join(this.#registration());
      } catch (error) {
        warn("skein-not-joined", error instanceof Error ? error.message : String(error));
      }
      this.#listening();
    };
    if (!this.#listens) {
      this.#server.once("listening", listening);
      const silent = this.#clock.after(limits.silentMs, () => this.#warnNotListening());
      this.#undo.push(() => silent.cancel());
    }
    const closed = (): void => void this.#leave();
    this.#server.once("close", closed);
    this.#undo.push(() => {
      this.#server.removeListener("listening", listening);
      this.#server.removeListener("close", closed);
    });
  }

  #registration(): Registration {
    const { service, about } = this.#settings;
    const { address, port } = workerAddress(this.#server.address(), this.#settings);
    const id = this.#settings.id ?? defaultId(port);
    this.worker.named(id);
    const keepAliveMs = this.#server.keepAliveTimeout;
    // 0: the server never closes an idle connection.
    const hint = keepAliveMs > 0 ? { keepAliveMs } : {};
    return { service, id, instance: this.#instance, address, ...about, ...hint, ...this.#takeLinks() };
  }

  #takeLinks(): { link?: LinkAddress } {
    const { link, linkPort, insecurePlainLink } = this.#settings;
    if (link === false) return {};
    const wishes = { port: linkPort, inClear: insecurePlainLink };
    this.#links ??= LinkListener.at(this.#server, link, this.#load, this.#clock, wishes);
    return this.#links === undefined ? {} : { link: this.#links.address };
  }

  #learn(news: MembershipNews): void {
    this.worker.learn(news);
    if (news.t === "welcomed") {
      this.#everJoined = true;
      this.#answered();
      if (this.#alarmed) warn("skein-joined", `${this.#settings.service}/${this.worker.id} has joined`);
      this.#alarmed = false;
    }
    if (news.t === "unreachable") this.#warnUnreachable(news);
    if (news.t === "refused") this.#refused(news.code, news.detail);
    if (news.t === "turned-away") this.#warnRefused(news.code, news.detail, ` by ${news.controller}`);
  }

  #warnNotListening(): void {
    if (this.#listens || this.#leaving !== undefined) return;
    const { service } = this.#settings;
    warn(
      "skein-not-listening",
      `${service} waits: its server does not listen ${limits.silentMs / 1_000} s after join, and this process gets no ` +
        "requests before it does. Is it the server that listens? With Express it is what app.listen() returns",
    );
  }

  #warnUnreachable({ tried, url, reason, refused }: MembershipNews & { t: "unreachable" }): void {
    this.#alarmed = true;
    const { service, ca } = this.#settings;
    if (refused) {
      const what = `${url} refuses ${service}/${this.worker.id} for now (${reason})`;
      return warn("skein-no-controller", `${what}. ${service} serves on and asks again`);
    }
    const wrong = misunderstanding(url, reason, remedyOf(ca));
    if (wrong !== undefined)
      return warn("skein-no-controller", `${wrong}. ${service} serves on and joins then`);
    warn(
      "skein-no-controller",
      `no controller answers at ${tried.join(", ")} (${url}: ${reason}); ${service} serves on and joins when ` +
        `one does. Is the gateway running (skein up)? If it is elsewhere, set SKEIN_CONTROL or the option control`,
    );
  }

  #refused(code: string, detail: string): void {
    // On its way out it is no news that its replacement has come.
    if (this.#draining !== undefined) return;
    if (this.#everJoined || this.#returned) this.#warnRefused(code, detail);
    if (this.#everJoined) return;
    this.#refusal = refusal(code, detail);
    this.#stop();
    this.#answered();
  }

  #warnRefused(code: string, detail: string, by = ""): void {
    warn("skein-refused", `${this.#settings.service}/${this.worker.id} is refused${by} (${code}): ${detail}`);
  }

  async #drain(): Promise<void> {
    this.#draining ??= this.#drainOnce();
    return this.#draining;
  }

  async #drainOnce(): Promise<void> {
    const startedMs = this.#clock.now();
    const refused = this.worker.state === "refused";
    this.worker.become("draining");
    if (!refused) await this.#presence.drain();
    this.#links?.drain();
    this.#inFlight.closeConnections();
    const withinMs = Math.max(0, this.#settings.drainMs - (this.#clock.now() - startedMs));
    const quietMs = this.#everJoined ? limits.quietMs : 0;
    await untilQuiet(() => this.#inFlight.count, { quietMs, withinMs }, this.#clock);
    this.#links?.refuse();
  }

  async #leave(): Promise<void> {
    this.#leaving ??= this.#leaveOnce();
    return this.#leaving;
  }

  async #leaveOnce(): Promise<void> {
    await this.#drain();
    await this.#presence.leave();
    this.worker.become("left");
    this.#stop();
  }

  /** SIGTERM: drain, close the server, leave. */
  async #end(): Promise<void> {
    const startedMs = this.#clock.now();
    await this.#drain();
    const leftMs = Math.max(100, this.#settings.drainMs - (this.#clock.now() - startedMs));
    await new Promise<void>((resolve) => {
      this.#close.close(() => resolve());
      this.#clock.after(leftMs, resolve);
    });
    await this.#leave();
  }

  #stop(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.#inFlight.stop();
    this.#links?.close();
    this.#close.undo();
    this.#presence.stop();
  }
}

function warnThreadFailed(error: Error): void {
  warn(
    "skein-thread-failed",
    `the watch thread failed (${error.message}). Until one runs this worker's sessions are held by the main thread, which ` +
      "cannot say that it is blocked. A bundle does not find the thread's file: keep `skein` external there",
  );
}

/** Until `done` is called, at most `ms`. Not by a timer of the clock: the process stays while its start waits. */
async function within(ms: number, begin: (done: () => void) => void): Promise<void> {
  if (ms === 0) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    begin(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function refusal(code: string, detail: string): SkeinError {
  const known = Object.entries(problems).find(([, problem]) => problem.code === code);
  return new SkeinError(
    (known?.[0] ?? "forbidden") as ProblemName,
    `the controller refuses this worker: ${detail}`,
  );
}
