import { controllerSeeds } from "./locate.ts";
import { Membership } from "./membership.ts";
import type { SessionPorts } from "./session.ts";
import { goAlone, readLoad, type SharedLoad, sharedLoadIn } from "./shared-load.ts";
import type { ThreadJoin, ThreadNews, ThreadOrder, ThreadStart } from "./thread-words.ts";

/** The membership that the watch thread holds, or the main thread where none runs; at the orders of the main thread. */
export class HeldMembership {
  readonly #start: ThreadStart;
  readonly #shared: SharedLoad;
  readonly #ports: SessionPorts;
  readonly #tell: (news: ThreadNews) => void;
  #membership: Membership | undefined;

  constructor(start: ThreadStart, ports: SessionPorts, tell: (news: ThreadNews) => void) {
    this.#start = start;
    this.#shared = sharedLoadIn(start.load);
    this.#ports = ports;
    this.#tell = tell;
    if (start.join !== undefined) this.#join(start.join);
  }

  obey(order: ThreadOrder): void {
    if (order.t === "join") this.#join(order.join);
    if (order.t === "drain") {
      if (this.#membership === undefined) this.#tell({ t: "drained" });
      else this.#membership.drain();
    }
    if (order.t === "leave") {
      if (this.#membership === undefined) this.#tell({ t: "left" });
      else this.#membership.leave();
    }
  }

  blocked(ageMs: number): void {
    this.#membership?.blocked(ageMs);
  }

  unblocked(): void {
    this.#membership?.unblocked();
  }

  /** Ends without goodbye: another one holds the membership. */
  lose(): void {
    this.#membership?.lose();
  }

  #join(told: ThreadJoin): void {
    if (this.#membership !== undefined) return;
    const { control, state } = this.#start;
    const life = told.life ?? goAlone(this.#shared);
    this.#membership = new Membership(told.registration, life, {
      ...this.#ports,
      seeds: controllerSeeds(control, state),
      load: () => readLoad(this.#shared, process.memoryUsage.rss()),
      tell: this.#tell,
    });
    if (told.draining) this.#membership.drain();
  }
}
