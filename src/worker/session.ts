import type { ControllerFrame, WorkerFrame } from "../protocol/session.ts";
import type { Load } from "../protocol/heartbeat.ts";
import { problems } from "../protocol/problem.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import type { Random } from "../runtime/random.ts";
import {
  attemptTimeoutMs,
  goneDelayMs,
  laggingDelayMs,
  retryDelayMs,
  turnedAwayDelayMs,
  welcomeWithinMs,
} from "./backoff.ts";
import type { Connect, Connection } from "./connection.ts";
import { parseControllerFrame } from "./controller-frame.ts";

export type WelcomeFrame = Extract<ControllerFrame, { t: "welcome" }>;

/** What a session asks of and tells to the membership that holds it. */
export interface SessionOwner {
  hello(): WorkerFrame;
  /** Every controller that may be there is tried at once: an attempt that takes long keeps nobody from another. */
  triesAll(): boolean;
  /**
   * What refuses there may soon be back. Else it is the address of a controller whose successor has another, and who is
   * met at a door.
   */
  mayBeBack(url: string): boolean;
  load(): Load;
  welcomed(session: ControllerSession, frame: WelcomeFrame): void;
  told(session: ControllerSession, frame: ControllerFrame): void;
  /**
   * The connection, or the attempt, is gone. The session tries again by itself unless `end` is called. `retryAfterMs`: it
   * was refused, and not before that time.
   */
  lost(session: ControllerSession, reason: string, retryAfterMs: number | undefined): void;
  /** Lost because nothing was heard of the controller any more; its connection is the owner's to end. */
  silent(controller: string, connection: Connection): void;
  /** Who refuses with this code speaks for all controllers. */
  saidByAll(code: string): boolean;
  /** Refused by all: this session will not try again. */
  refused(session: ControllerSession, code: string, detail: string): void;
  /**
   * Refused as it is, by this controller alone, and so lost for minutes: what its answer hangs on is seldom changed. Or
   * refused for now, so often in a row that it will last.
   */
  turnedAway(session: ControllerSession, code: string, detail: string): void;
}

export interface SessionPorts {
  clock: Clock;
  random: Random;
  connect: Connect;
}

//  waiting --time--> connecting --opened: hello--> greeting --welcome--> joined
//     ^                  |                            |                    |
//     '----- closed -----'----- closed, too slow -----'---- closed, silent-'
//  greeting or joined --refused, final--> refused          any --end--> ended
type State =
  | { kind: "waiting"; timer: Timer }
  | { kind: "connecting" | "greeting"; connection: Connection; timer: Timer }
  | {
      kind: "joined";
      connection: Connection;
      controller: string;
      sinceMs: number;
      seq: number;
      everyMs: number;
      beat: Timer;
      heardAtMs: number;
      pingedAtMs: number | undefined;
    }
  | { kind: "refused" }
  | { kind: "ended" };

/** A controller that was silent this long is asked for a sign of life, and given this long to show one. */
export const silence = { askAfterMs: 10_000, giveUpAfterMs: 5000 } as const;
/** A session that lasted this long was a good one: the next attempt is the first again. */
const settledAfterMs = 5000;
/** A name lags behind its worker for as long as somebody remembers it, often 30 s. After so many refusals in a row it does for long, or is the wrong one. */
const laggingMax = 30;
/** Beats are not queued up for a controller that does not read (a stopped one): only the newest counts. */
const bufferedBytesMax = 64 * 1024;

/** The session with the controller at one address: kept open, reopened when lost. */
export class ControllerSession {
  readonly url: string;
  /** Where the controller that answered says it is; differs from `url` after a join by the shared door. */
  ownUrl: string | undefined;
  attempt: number;
  readonly #ports: SessionPorts;
  readonly #owner: SessionOwner;
  #state: State;
  /** Refusals in a row because the worker's name leads elsewhere. */
  #lagging = 0;

  constructor(url: string, attempt: number, delayMs: number, ports: SessionPorts, owner: SessionOwner) {
    this.url = url;
    this.attempt = attempt;
    this.#ports = ports;
    this.#owner = owner;
    this.#state = { kind: "waiting", timer: ports.clock.after(delayMs, () => this.#open()) };
  }

  get joined(): boolean {
    return this.#state.kind === "joined";
  }

  /** The controller on the other side, while joined. */
  get controller(): string | undefined {
    return this.#state.kind === "joined" ? this.#state.controller : undefined;
  }

  /** Sends if joined; says whether it did. */
  send(frame: Exclude<WorkerFrame, { t: "hello" | "ask" | "beat" | "blocked" | "unblocked" }>): boolean {
    if (this.#state.kind !== "joined") return false;
    this.#state.connection.send(JSON.stringify(frame));
    return true;
  }

  beat(): void {
    this.#sendCounted((seq) => ({ t: "beat", seq, load: this.#owner.load() }));
  }

  sendBlocked(ageMs: number): void {
    this.#sendCounted((seq) => ({ t: "blocked", seq, ageMs: Math.round(ageMs) }));
  }

  sendUnblocked(): void {
    this.#sendCounted((seq) => ({ t: "unblocked", seq }));
  }

  /** Asks for a sign of life. False: the one asked for before has not come yet. */
  askAlive(): boolean {
    const state = this.#state;
    if (state.kind !== "joined") return true;
    if (state.pingedAtMs !== undefined) return false;
    state.pingedAtMs = this.#ports.clock.now();
    state.connection.ping();
    return true;
  }

  pace(everyMs: number): void {
    if (this.#state.kind !== "joined") return;
    this.#state.everyMs = everyMs;
    this.#state.beat.cancel();
    this.#scheduleBeat(everyMs);
  }

  /** No attempt any more; an open connection is closed in order. */
  end(): void {
    const state = this.#state;
    this.#state = { kind: "ended" };
    if (state.kind === "waiting") state.timer.cancel();
    if (state.kind === "connecting" || state.kind === "greeting") {
      state.timer.cancel();
      state.connection.destroy();
    }
    if (state.kind === "joined") {
      state.beat.cancel();
      state.connection.close();
    }
  }

  #sendCounted(make: (seq: number) => WorkerFrame): void {
    if (this.#state.kind !== "joined") return;
    if (this.#state.connection.bufferedBytes() > bufferedBytesMax) return;
    this.#state.seq += 1;
    this.#state.connection.send(JSON.stringify(make(this.#state.seq)));
  }

  #open(): void {
    // An earlier connection's late news is not about this one.
    const ifMine = (act: () => void): void => {
      if ("connection" in this.#state && this.#state.connection === connection) act();
    };
    const connection = this.#ports.connect(this.url, {
      opened: () => ifMine(() => this.#opened(connection)),
      received: (text) => ifMine(() => this.#received(text)),
      alive: () => ifMine(() => this.#heard()),
      closed: (reason) => ifMine(() => this.#lost(reason)),
    });
    const timer = this.#ports.clock.after(this.#openWithinMs(), () => connection.destroy());
    this.#state = { kind: "connecting", connection, timer };
  }

  #openWithinMs(): number {
    return this.#owner.triesAll() ? welcomeWithinMs(this.attempt) : attemptTimeoutMs(this.attempt);
  }

  #opened(connection: Connection): void {
    if (this.#state.kind !== "connecting") return;
    this.#state.timer.cancel();
    const timer = this.#ports.clock.after(welcomeWithinMs(this.attempt), () => connection.destroy());
    this.#state = { kind: "greeting", connection, timer };
    connection.send(JSON.stringify(this.#owner.hello()));
  }

  #received(text: string): void {
    const frame = parseControllerFrame(text);
    this.#heard();
    if (frame === undefined) return;
    if (frame.t === "ping") this.#pong(frame.n);
    else if (frame.t === "welcome") this.#welcomed(frame);
    else if (frame.t === "refused") this.#refused(frame);
    else if (this.#state.kind === "joined") {
      if (frame.t === "pace") this.pace(frame.heartbeatEveryMs);
      this.#owner.told(this, frame);
    }
  }

  #pong(n: number): void {
    if (this.#state.kind === "joined" || this.#state.kind === "greeting") {
      this.#state.connection.send(JSON.stringify({ t: "pong", n } satisfies WorkerFrame));
    }
  }

  #welcomed(frame: WelcomeFrame): void {
    if (this.#state.kind !== "greeting") return;
    this.#state.timer.cancel();
    const now = this.#ports.clock.now();
    this.#lagging = 0;
    this.ownUrl = frame.url;
    this.#state = {
      kind: "joined",
      connection: this.#state.connection,
      controller: frame.controller,
      sinceMs: now,
      seq: 0,
      everyMs: frame.heartbeatEveryMs,
      beat: { cancel: () => undefined },
      heardAtMs: now,
      pingedAtMs: undefined,
    };
    // Thousands that were welcomed in one burst shall not beat in one burst ever after.
    this.#scheduleBeat(frame.heartbeatEveryMs * this.#ports.random());
    this.#owner.welcomed(this, frame);
  }

  #refused(frame: Extract<ControllerFrame, { t: "refused" }>): void {
    if (this.#state.kind !== "greeting" && this.#state.kind !== "joined") return;
    const { connection } = this.#state;
    const { code, detail, final } = frame;
    if (!final || !this.#owner.saidByAll(code)) {
      this.#lagging = code === problems.nameElsewhere.code ? this.#lagging + 1 : 0;
      if (final || this.#lagging === laggingMax) this.#owner.turnedAway(this, code, detail);
      this.#lost(`${code}: ${detail}`, this.#askAgainInMs(frame));
      connection.destroy();
      return;
    }
    this.#stopTimers();
    this.#state = { kind: "refused" };
    connection.close();
    this.#owner.refused(this, code, detail);
  }

  #askAgainInMs({ final, retryAfterMs }: Extract<ControllerFrame, { t: "refused" }>): number {
    const { random } = this.#ports;
    if (final) return turnedAwayDelayMs(random());
    return this.#lagging < laggingMax ? retryAfterMs : laggingDelayMs(random());
  }

  #scheduleBeat(delayMs: number): void {
    if (this.#state.kind !== "joined") return;
    this.#state.beat = this.#ports.clock.after(delayMs, () => {
      if (this.#state.kind !== "joined") return;
      this.#scheduleBeat(this.#state.everyMs);
      this.beat();
      this.#checkSilence();
    });
  }

  #heard(): void {
    if (this.#state.kind !== "joined") return;
    this.#state.heardAtMs = this.#ports.clock.now();
    this.#state.pingedAtMs = undefined;
  }

  #checkSilence(): void {
    const { clock } = this.#ports;
    const state = this.#state;
    if (state.kind !== "joined" || clock.now() - state.heardAtMs < silence.askAfterMs) return;
    if (state.pingedAtMs === undefined) {
      state.pingedAtMs = clock.now();
      state.connection.ping();
    } else if (clock.now() - state.pingedAtMs > silence.giveUpAfterMs) {
      // After a pause of this process the answer may be waiting in the socket: read that first.
      clock.afterPendingInput(() => {
        if (this.#state !== state || state.pingedAtMs === undefined) return;
        this.#owner.silent(state.controller, state.connection);
        this.#lost("it says nothing");
      });
    }
  }

  #lost(reason: string, retryAfterMs?: number): void {
    const state = this.#state;
    if (state.kind !== "connecting" && state.kind !== "greeting" && state.kind !== "joined") return;
    this.#stopTimers();
    const { clock, random } = this.#ports;
    const wasGood = state.kind === "joined" && clock.now() - state.sinceMs >= settledAfterMs;
    if (wasGood) this.attempt = 0;
    const isGone = reason === "ECONNREFUSED" && !this.#owner.mayBeBack(this.url);
    const delayMs =
      (retryAfterMs ?? 0) + (isGone ? goneDelayMs(random()) : retryDelayMs(this.attempt, random()));
    this.attempt += 1;
    this.#state = { kind: "waiting", timer: clock.after(delayMs, () => this.#open()) };
    this.#owner.lost(this, reason, retryAfterMs);
  }

  #stopTimers(): void {
    if (this.#state.kind === "joined") this.#state.beat.cancel();
    if (this.#state.kind === "connecting" || this.#state.kind === "greeting") this.#state.timer.cancel();
  }
}
