import type { Clock } from "../runtime/clock.ts";
import { systemRandom } from "../runtime/random.ts";
import { authorityOf } from "./authority-file.ts";
import { watchEventLoop } from "./event-loop.ts";
import { FirstContact } from "./first-contact.ts";
import { lifeAfter } from "./known-life.ts";
import { controllerSeeds } from "./locate.ts";
import type { MembershipNews, Registration } from "./membership.ts";
import type { JoinSettings } from "./options.ts";
import type { SessionPorts } from "./session.ts";
import {
  readLoad,
  type SharedLoad,
  sharedLoadIn,
  watchThreadGoesAlone,
  writeFirstContact,
} from "./shared-load.ts";
import { Watch } from "./watch.ts";
import { webSocketConnect } from "./web-socket.ts";

/** The watch thread answers within 500 ms; this is for a thread that cannot. */
const answerWithinMs = 1000;

/**
 * A worker's presence in the cluster, as the main thread sees it: the watch thread, which holds the sessions, and
 * before it is ready the first contact. Where there is no thread the main thread holds them (watch.ts).
 */
export class Presence {
  readonly #shared: SharedLoad;
  readonly #settings: JoinSettings;
  readonly #ports: SessionPorts;
  readonly #tell: (news: MembershipNews) => void;
  readonly #watch: Watch;
  readonly #stopLoopWatch: () => void;
  #contact: FirstContact | undefined;
  /** Sessions that the watch holds. */
  #open = 0;
  readonly #unanswered = new Set<"thread" | "contact">();
  #drained: () => void = () => undefined;
  #left: () => void = () => undefined;

  /** `registration`: known where the server listens already; else by `join`. */
  constructor(
    settings: JoinSettings,
    registration: Registration | undefined,
    load: SharedArrayBuffer,
    clock: Clock,
    hear: { news: (news: MembershipNews) => void; failed: (error: Error) => void },
  ) {
    this.#shared = sharedLoadIn(load);
    this.#settings = settings;
    const connect = webSocketConnect(settings.token, authorityOf(settings.ca));
    this.#ports = { clock, random: systemRandom, connect };
    this.#tell = hear.news;
    this.#stopLoopWatch = watchEventLoop(this.#shared, clock);
    const join = registration && { registration, life: undefined, draining: false };
    this.#watch = new Watch({
      settings,
      load,
      ports: this.#ports,
      join,
      tell: (news) => this.#heard(news),
      failed: hear.failed,
    });
    if (registration !== undefined) this.#makeContact(registration);
  }

  join(registration: Registration): void {
    this.#watch.join({ registration, life: undefined, draining: false });
    this.#makeContact(registration);
  }

  /** Resolves when no proxy chooses this worker any more, or when nobody said so in time. */
  async drain(): Promise<void> {
    this.#unanswered.add("thread");
    if (this.#contact?.holding === true) this.#unanswered.add("contact");
    const answered = this.#within((done) => (this.#drained = done));
    this.#watch.drain();
    this.#contact?.drain();
    await answered;
  }

  async leave(): Promise<void> {
    const left = this.#within((done) => (this.#left = done));
    this.#watch.leave();
    this.#contact?.leave();
    await left;
  }

  stop(): void {
    this.#stopLoopWatch();
    this.#contact?.end();
    void this.#watch.stop();
  }

  #makeContact(registration: Registration): void {
    const [seed] = controllerSeeds(this.#settings.control, this.#settings.state)();
    if (seed === undefined) return;
    this.#contact = new FirstContact(seed, registration, {
      ...this.#ports,
      load: () => readLoad(this.#shared, process.memoryUsage.rss()),
      tooLate: () => watchThreadGoesAlone(this.#shared),
      welcomed: (frame) => {
        const life = lifeAfter(undefined, frame);
        writeFirstContact(this.#shared, life);
        this.#tell({ t: "welcomed", controller: frame.controller, controllers: frame.controllers, ...life });
        this.#tellSessions();
        this.#watch.firstContactIsOver();
      },
      refused: (code, detail) => this.#tell({ t: "refused", code, detail }),
      failed: () => {
        writeFirstContact(this.#shared, "failed");
        this.#tellSessions();
        this.#watch.firstContactIsOver();
      },
      draining: () => this.#answered("contact"),
    });
  }

  #heard(news: MembershipNews): void {
    if (news.t === "welcomed") this.#contact?.handOver(news.controller);
    if (news.t === "drained") this.#answered("thread");
    if (news.t === "left") this.#left();
    if (news.t === "unreachable" && this.#contact?.holding === true) return;
    if (news.t === "sessions") {
      this.#open = news.open;
      this.#tellSessions();
    } else this.#tell(news);
  }

  #tellSessions(): void {
    this.#tell({ t: "sessions", open: this.#open || Number(this.#contact?.holding === true) });
  }

  #answered(who: "thread" | "contact"): void {
    this.#unanswered.delete(who);
    if (this.#unanswered.size === 0) this.#drained();
  }

  async #within(begin: (done: () => void) => void): Promise<void> {
    await new Promise<void>((resolve) => {
      begin(resolve);
      this.#ports.clock.after(answerWithinMs, resolve);
    });
  }
}
