import cluster from "node:cluster";
import type { Server } from "node:http";
import { SkeinError } from "../protocol/error.ts";
import { problems, type ProblemName } from "../protocol/problem.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { newInstanceId } from "../runtime/random.ts";
import { workerAddress } from "./address.ts";
import { watchEventLoop } from "./event-loop.ts";
import { InFlight } from "./in-flight.ts";
import { JoinedWorker } from "./joined-worker.ts";
import type { MembershipNews } from "./membership.ts";
import { defaultId, type JoinOptions, type JoinSettings, joinSettings } from "./options.ts";
import { closePolitely, type PoliteClose } from "./polite-close.ts";
import { untilQuiet } from "./quiet.ts";
import { newSharedLoad, sharedLoadIn } from "./shared-load.ts";
import { onSigterm } from "./signals.ts";
import type { ThreadJoin } from "./thread-words.ts";
import { warn } from "./warnings.ts";
import { Watch } from "./watch.ts";

/** The workers of this process, so that a second `join` of the same server and service gives the first's. */
const workers = new WeakMap<Server, Map<string, JoinedWorker>>();

const limits = {
  /** The watch thread answers a drain within 500 ms; this is for a thread that cannot. */
  drainAnswerMs: 1000,
  /** No request for this long after no proxy chooses us any more: none is under way. */
  quietMs: 250,
  /** For a server that does not listen when `join` is called: `await join(server)` may stand before `listen`. */
  listenMs: 250,
} as const;

/** Does this server already belong to a service, by `join` or by skein/auto? */
export function isJoined(server: Server): boolean {
  return (workers.get(server)?.size ?? 0) > 0;
}

/**
 * Makes a server a worker of a service: `await join(server, 'orders')`. Works for any `http.Server`, also that of
 * Express, Koa and Hono (what `listen` or `serve` returns) and of Fastify (`app.server`).
 *
 * Resolves when the first controller has welcomed the worker, or after `waitMs` (3 s), or at once where the server
 * does not listen yet: the service runs without its gateway, and joins when it can (state `joined`). Rejects for
 * wrong options, and when the first controller that answers refuses the worker for good.
 */
export async function join(
  server: Server,
  service: string,
  options: JoinOptions = {},
): Promise<JoinedWorker> {
  const settings = joinSettings(service, options, process.env);
  const mine = workers.get(server) ?? new Map<string, JoinedWorker>();
  workers.set(server, mine);
  const known = mine.get(service);
  if (known !== undefined && known.state !== "left" && known.state !== "refused") return known;
  const starting = new Joining(server, settings, systemClock);
  mine.set(service, starting.worker);
  starting.worker.on("state", (state) => {
    if (state === "left" || state === "refused") mine.delete(service);
  });
  await starting.answered();
  return starting.worker;
}

/** Everything that one joined server needs, and the order in which it begins and ends. */
class Joining {
  readonly worker: JoinedWorker;
  readonly #server: Server;
  readonly #settings: JoinSettings;
  readonly #clock: Clock;
  readonly #instance = newInstanceId();
  readonly #inFlight: InFlight;
  readonly #watch: Watch;
  readonly #close: PoliteClose;
  readonly #undo: (() => void)[] = [];
  #everJoined = false;
  #listens: boolean;
  #draining: Promise<void> | undefined;
  #leaving: Promise<void> | undefined;
  #refusal: SkeinError | undefined;
  #drained: () => void = () => undefined;
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
    const load = newSharedLoad();
    const shared = sharedLoadIn(load);
    this.#listens = server.listening;
    this.#watch = new Watch({
      settings,
      load,
      clock,
      join: this.#listens ? this.#threadJoin() : undefined,
      tell: (news) => this.#learn(news),
      failed: (error) => warn("skein-thread-failed", `the watch thread failed: ${error.message}`),
    });
    this.#undo.push(watchEventLoop(shared, clock));
    this.#inFlight = new InFlight(server, shared);
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
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  #listen(): void {
    const listening = (): void => {
      this.#listens = true;
      try {
        this.#watch.join(this.#threadJoin());
      } catch (error) {
        warn("skein-not-joined", error instanceof Error ? error.message : String(error));
      }
      this.#listening();
    };
    if (!this.#listens) this.#server.once("listening", listening);
    const closed = (): void => void this.#leave();
    this.#server.once("close", closed);
    this.#undo.push(() => {
      this.#server.removeListener("listening", listening);
      this.#server.removeListener("close", closed);
    });
  }

  #threadJoin(): ThreadJoin {
    const { service, about } = this.#settings;
    const { address, port } = workerAddress(this.#server.address(), this.#settings);
    const id = this.#settings.id ?? defaultId(port) + clusterSuffix();
    this.worker.named(id);
    const keepAliveMs = this.#server.keepAliveTimeout;
    return {
      registration: {
        service,
        id,
        instance: this.#instance,
        address,
        ...about,
        // 0: the server never closes an idle connection.
        ...(keepAliveMs > 0 ? { keepAliveMs } : {}),
      },
      generation: undefined,
      draining: false,
    };
  }

  #learn(news: MembershipNews): void {
    this.worker.learn(news);
    if (news.t === "welcomed") {
      this.#everJoined = true;
      this.#answered();
    }
    if (news.t === "drained") this.#drained();
    if (news.t === "unreachable") this.#warnUnreachable(news.tried, news.reason);
    if (news.t === "refused") this.#refused(news.code, news.detail);
  }

  #warnUnreachable(tried: string[], reason: string): void {
    warn(
      "skein-no-controller",
      `no controller answers at ${tried.join(", ")} (${reason}); ${this.#settings.service} serves on and joins when ` +
        `one does. Is the gateway running (skein up)? If it is elsewhere, set SKEIN_CONTROL or the option control`,
    );
  }

  #refused(code: string, detail: string): void {
    if (this.#everJoined) {
      warn("skein-refused", `${this.#settings.service}/${this.worker.id} is refused (${code}): ${detail}`);
      return;
    }
    this.#refusal = refusal(code, detail);
    this.#stop();
    this.#answered();
  }

  async #drain(): Promise<void> {
    this.#draining ??= this.#drainOnce();
    return this.#draining;
  }

  async #drainOnce(): Promise<void> {
    const startedMs = this.#clock.now();
    const refused = this.worker.state === "refused";
    this.worker.become("draining");
    if (!refused) {
      const answered = new Promise<void>((resolve) => {
        this.#drained = resolve;
        this.#clock.after(limits.drainAnswerMs, resolve);
      });
      this.#watch.drain();
      await answered;
    }
    this.#inFlight.closeConnections();
    const withinMs = Math.max(0, this.#settings.drainMs - (this.#clock.now() - startedMs));
    const quietMs = this.#everJoined ? limits.quietMs : 0;
    await untilQuiet(() => this.#inFlight.count, { quietMs, withinMs }, this.#clock);
  }

  async #leave(): Promise<void> {
    this.#leaving ??= this.#leaveOnce();
    return this.#leaving;
  }

  async #leaveOnce(): Promise<void> {
    await this.#drain();
    const left = new Promise<void>((resolve) => {
      if (this.worker.state === "left") resolve();
      this.worker.on("state", (state) => {
        if (state === "left") resolve();
      });
      this.#clock.after(limits.drainAnswerMs, resolve);
    });
    this.#watch.leave();
    await left;
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
    this.#close.undo();
    void this.#watch.stop();
  }
}

/** In node:cluster several processes share one port: each is a worker with an id of its own. */
function clusterSuffix(): string {
  return cluster.worker === undefined ? "" : `-w${cluster.worker.id}`;
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
