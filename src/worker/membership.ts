import type { ControllerFrame, WorkerFrame } from "../protocol/session.ts";
import type { Heartbeat, Load } from "../protocol/heartbeat.ts";
import type { Timer } from "../runtime/clock.ts";
import { chosenControllers, sessionsMax, withinReach, withoutPlainText } from "./chosen-controllers.ts";
import { ControllerSearch } from "./controller-search.ts";
import { type KnownLife, lifeAfter } from "./known-life.ts";
import { ControllerSession, type SessionOwner, type SessionPorts, type WelcomeFrame } from "./session.ts";
import { SilentConnections } from "./silent-connections.ts";
import { WayBack } from "./way-back.ts";

/** Who this worker is, as every hello tells it. */
export type Registration = Omit<Heartbeat, "id" | "load" | "generation"> & { id: string; instance: string };

/** Why there was no session with this controller, the last that was tried. `refused`: it answers, and does not let the worker in for now. */
export interface Failed {
  url: string;
  reason: string;
  refused: boolean;
}

/** What happens to the membership, for the one who holds it. Plain data: it also goes between threads. */
export type MembershipNews =
  | ({ t: "welcomed"; controller: string; controllers: string[] } & KnownLife)
  /** How many controllers hold a session with this worker now. */
  | { t: "sessions"; open: number }
  /** No controller has been reached for `unreachableAfterMs`; told once, and again only after a reunion. */
  | ({ t: "unreachable"; tried: string[] } & Failed)
  | { t: "desired"; desired: "serve" | "drain" }
  | { t: "refused"; code: string; detail: string }
  /** One controller does not let this worker in as it is; others may. It is asked again, seldom. */
  | { t: "turned-away"; controller: string; code: string; detail: string }
  /** Every controller that knows this worker says that no proxy chooses it any more (or its time was up). */
  | { t: "drained" }
  | { t: "left" };

export interface MembershipPorts extends SessionPorts {
  /** Where a controller may be found when none is known: asked again each time. At least one. */
  seeds(): string[];
  load(): Load;
  tell(news: MembershipNews): void;
}

export const membershipLimits = {
  /** Shorter gaps (a takeover, a gateway restarted) are no news for people. */
  unreachableAfterMs: 2000,
  /** A stopped controller does not answer `drain`; nobody waits longer for it. */
  drainAnswerMs: 500,
} as const;

/** What every controller would say: a newer life of this worker has joined, or it may not join at all. */
const saidByAll = new Set(["generation-old", "forbidden", "unauthorized"]);

/** Sessions that are open, or tried, at once: while none is held, every known controller may be the one that answers. */
const triedMax = 16;

/**
 * This worker's place in the cluster: a session with every controller, up to three (chosen-controllers.ts).
 *
 * The first controller gives the generation; only with it do the sessions with the others begin, so that two never
 * give two. With no session at all, the seeds are tried, then every known address as well (way-back.ts); the generation is
 * kept, and told to whoever answers: controllers that forgot everything learn it from here.
 */
export class Membership {
  #life: KnownLife | undefined;
  readonly #registration: Registration;
  readonly #ports: MembershipPorts;
  readonly #sessions = new Map<string, ControllerSession>();
  /** Of all gateways, as one of them told it last. */
  #known: string[] = [];
  /** Hosts of controllers that let this worker in. */
  readonly #hosts = new Set<string>();
  /** Those of them with which this worker wants a session. */
  #controllers: string[] = [];
  /** The most that were told lately: fewer may mean that nobody is left to tell us of the others. */
  #expected = 0;
  /** No session with a second controller begins before: a crowd is coming, and who has none goes first. */
  #othersAtMs = 0;
  #term = 0;
  #desired: "serve" | "drain" = "serve";
  #firstTries = 0;
  #blockedMs: number | undefined;
  #drain: { unanswered: Set<ControllerSession>; timer: Timer } | "done" | undefined;
  #unreachable: Timer | "told" | undefined;
  #failed: Failed | undefined;
  #ended = false;
  readonly #owner: SessionOwner;
  readonly #search: ControllerSearch;
  readonly #wayBack: WayBack;
  readonly #silent = new SilentConnections();

  constructor(registration: Registration, life: KnownLife | undefined, ports: MembershipPorts) {
    this.#registration = registration;
    this.#life = life;
    this.#ports = ports;
    this.#owner = {
      hello: () => this.#hello(),
      triesAll: () => this.#life !== undefined,
      mayBeBack: (url) => this.#joined().length > 0 || this.#wayBack.isSeed(url),
      load: () => ports.load(),
      welcomed: (session, frame) => this.#welcomed(session, frame),
      told: (session, frame) => this.#told(session, frame),
      lost: (session, reason, retryAfterMs) => this.#lost(session, reason, retryAfterMs),
      silent: (controller, connection) => this.#silent.keep(controller, connection),
      saidByAll: (code) => this.#life === undefined || saidByAll.has(code),
      refused: (session, code, detail) => this.#refused(session, code, detail),
      turnedAway: ({ url: controller }, code, detail) =>
        ports.tell({ t: "turned-away", controller, code, detail }),
    };
    this.#search = new ControllerSearch({
      ...ports,
      missing: () => this.#missing(),
      allAlive: () => this.#joined().reduce((all, session) => session.askAlive() && all, true),
      found: (controllers) => this.#setControllers(controllers),
      givenUp: () => {
        this.#expected = this.#controllers.length;
        this.#search.consider();
      },
    });
    this.#wayBack = new WayBack(ports);
    this.#watchUnreachable();
    this.#reconcile();
  }

  /** Addresses of the sessions, joined or not. For tests and for `state`. */
  get addresses(): string[] {
    return [...this.#sessions.keys()];
  }

  blocked(ageMs: number): void {
    this.#blockedMs = ageMs;
    for (const session of this.#joined()) session.sendBlocked(ageMs);
  }

  unblocked(): void {
    this.#blockedMs = undefined;
    for (const session of this.#joined()) session.sendUnblocked();
  }

  /** Asks to be chosen no more. `drained` is told when every controller has answered, or after 500 ms. */
  drain(): void {
    if (this.#drain !== undefined) return;
    const unanswered = new Set(this.#joined());
    for (const session of unanswered) session.send({ t: "drain" });
    const timer = this.#ports.clock.after(membershipLimits.drainAnswerMs, () => this.#drained());
    this.#drain = { unanswered, timer };
    if (unanswered.size === 0) this.#drained();
  }

  /** Says goodbye to every controller and ends. Nothing follows but `left`. */
  leave(): void {
    for (const session of this.#joined()) session.send({ t: "leave" });
    this.#end();
    this.#ports.tell({ t: "left" });
  }

  /** Ends without goodbye, as the end of the process would: for who holds the place of another program. */
  lose(): void {
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.#reached();
    this.#search.stop();
    if (typeof this.#drain === "object") this.#drain.timer.cancel();
    for (const session of this.#sessions.values()) session.end();
    this.#sessions.clear();
    this.#silent.end();
  }

  #hello(): WorkerFrame {
    return { t: "hello", v: 1, ...this.#registration, ...this.#life };
  }

  #joined(): ControllerSession[] {
    return [...this.#sessions.values()].filter((session) => session.joined);
  }

  #welcomed(session: ControllerSession, frame: WelcomeFrame): void {
    const life = lifeAfter(this.#life, frame);
    this.#life = life;
    this.#term = Math.max(this.#term, frame.term);
    this.#reached();
    this.#wayBack.welcomed();
    this.#endTwin(session, frame.controller);
    this.#silent.replaced(frame.controller);
    // A session that begins anew knows nothing of what was said in the one before.
    if (this.#drain !== undefined) session.send({ t: "drain" });
    if (this.#blockedMs !== undefined) session.sendBlocked(this.#blockedMs);
    const { controller, controllers } = frame;
    this.#ports.tell({ t: "welcomed", controller, controllers, ...life });
    if (frame.othersWithinMs !== undefined) this.#giveWay(frame.othersWithinMs);
    if (frame.term === this.#term) this.#setDesired(frame.desired);
    if (frame.url !== undefined) this.#hosts.add(new URL(frame.url).hostname);
    this.#setControllers(controllers);
    this.#tellSessions();
  }

  /** This worker is known to all by its first session: those of a crowd that have none yet go before its second. */
  #giveWay(withinMs: number): void {
    if (this.#joined().length > 1) return;
    const { clock, random } = this.#ports;
    this.#othersAtMs = clock.now() + (withinMs * (1 + random())) / 2;
    for (const session of this.#sessions.values()) {
      if (session.joined) continue;
      session.end();
      this.#sessions.delete(session.url);
    }
  }

  /**
   * The same controller was reached by two addresses (its own and the shared door): the newer session has replaced
   * the older at the controller, so the older ends here too.
   */
  #endTwin(session: ControllerSession, controller: string): void {
    for (const other of this.#joined()) {
      if (other === session || other.controller !== controller) continue;
      session.ownUrl ??= other.url;
      other.end();
      this.#sessions.delete(other.url);
    }
  }

  #told(session: ControllerSession, frame: ControllerFrame): void {
    if (frame.t === "controllers") this.#setControllers(frame.controllers);
    if (frame.t === "draining") this.#drainAnswered(session);
    if (frame.t === "proof" && this.#life !== undefined) this.#life = { ...this.#life, proof: frame.proof };
    if (frame.t === "desired" && frame.term >= this.#term) {
      this.#term = frame.term;
      this.#setDesired(frame.desired);
    }
  }

  #setDesired(desired: "serve" | "drain"): void {
    if (desired === this.#desired) return;
    this.#desired = desired;
    this.#ports.tell({ t: "desired", desired });
  }

  #setControllers(controllers: readonly string[]): void {
    const { address, id } = this.#registration;
    const near = withinReach(controllers, address, this.#hosts);
    const safe = withoutPlainText(near, this.#ports.seeds());
    if (safe.length > 0) {
      this.#known = safe;
      this.#controllers = chosenControllers(safe, id);
    }
    this.#expected = Math.max(this.#expected, this.#controllers.length);
    this.#reconcile();
    if (!this.#ended) this.#search.consider();
  }

  #lost(session: ControllerSession, reason: string, retryAfterMs: number | undefined): void {
    this.#failed = { url: session.url, reason, refused: retryAfterMs !== undefined };
    this.#drainAnswered(session);
    if (this.#life === undefined && (retryAfterMs ?? 0) === 0) this.#nextSeed(session);
    this.#tellSessions();
    if (this.#joined().length === 0) {
      this.#watchUnreachable();
      this.#wayBack.lost(session.url);
    }
    this.#reconcile();
  }

  #refused(session: ControllerSession, code: string, detail: string): void {
    this.#drainAnswered(session);
    this.#tellSessions();
    this.#ports.tell({ t: "refused", code, detail });
    if (this.#joined().length === 0) this.#end();
  }

  /** Before the first welcome one seed is asked after the other; a single one is asked again by its session. */
  #nextSeed(session: ControllerSession): void {
    const seeds = this.#ports.seeds();
    if (seeds.length === 1 && seeds[0] === session.url) return;
    session.end();
    this.#sessions.delete(session.url);
    this.#firstTries += 1;
  }

  /** Makes the set of sessions what it should be. */
  #reconcile(): void {
    if (this.#ended) return;
    if (this.#life === undefined) {
      this.#tryOneSeed();
      return;
    }
    const joined = this.#joined();
    const wanted = new Set(joined.length > 0 ? this.#controllers : this.#wayBack.urls(this.#known));
    for (const session of this.#sessions.values()) {
      if (wanted.has(session.url) || session.joined) continue;
      session.end();
      this.#sessions.delete(session.url);
    }
    this.#endSurplus(joined, wanted);
    // A controller reached by the door is not called again at its own address while that session lasts.
    const held = new Set(joined.map((session) => session.ownUrl));
    const othersInMs = Math.max(0, this.#othersAtMs - this.#ports.clock.now());
    for (const url of wanted) {
      if (this.#sessions.has(url) || held.has(url) || this.#sessions.size >= triedMax) continue;
      const delayMs = joined.length === 0 ? this.#wayBack.delayMs() : othersInMs;
      this.#sessions.set(url, new ControllerSession(url, 0, delayMs, this.#ports, this.#owner));
    }
  }

  /** After gateways have come: sessions beyond the wanted ones end, but only when there are more than enough. */
  #endSurplus(joined: readonly ControllerSession[], wanted: ReadonlySet<string>): void {
    const unwanted = joined.filter((session) => !wanted.has(session.ownUrl ?? session.url));
    for (const session of unwanted.slice(0, Math.max(0, joined.length - sessionsMax))) {
      session.end();
      this.#sessions.delete(session.url);
    }
  }

  #tryOneSeed(): void {
    if (this.#sessions.size > 0) return;
    const seeds = this.#ports.seeds();
    const url = seeds[this.#firstTries % seeds.length];
    if (url === undefined) return;
    // The attempt grows once per round: another seed may answer at once.
    const round = Math.floor(this.#firstTries / seeds.length);
    const delayMs = round === 0 ? 0 : this.#ports.random() * Math.min(1000, 50 * 2 ** round);
    this.#sessions.set(url, new ControllerSession(url, round, delayMs, this.#ports, this.#owner));
  }

  #drainAnswered(session: ControllerSession): void {
    if (typeof this.#drain !== "object") return;
    this.#drain.unanswered.delete(session);
    if (this.#drain.unanswered.size === 0) this.#drained();
  }

  #drained(): void {
    if (typeof this.#drain !== "object") return;
    this.#drain.timer.cancel();
    this.#drain = "done";
    this.#ports.tell({ t: "drained" });
  }

  #watchUnreachable(): void {
    if (this.#unreachable !== undefined || this.#ended) return;
    this.#unreachable = this.#ports.clock.after(membershipLimits.unreachableAfterMs, () => {
      this.#unreachable = "told";
      const tried = [...new Set([...this.#known, ...this.#ports.seeds()])];
      const failed = this.#failed ?? { url: tried.join(", "), reason: "no answer", refused: false };
      this.#ports.tell({ t: "unreachable", tried, ...failed });
    });
  }

  #reached(): void {
    if (typeof this.#unreachable === "object") this.#unreachable.cancel();
    this.#unreachable = undefined;
  }

  #missing(): "nobody" | "unheld" | "unknown" {
    const joined = this.#joined().length;
    if (joined === 0 || joined >= this.#expected) return "nobody";
    // Its own sessions were put off.
    if (this.#ports.clock.now() < this.#othersAtMs) return "nobody";
    return this.#controllers.length < this.#expected ? "unknown" : "unheld";
  }

  #tellSessions(): void {
    if (!this.#ended) this.#search.consider();
    this.#ports.tell({ t: "sessions", open: this.#joined().length });
  }
}
