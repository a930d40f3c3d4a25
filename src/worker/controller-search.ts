import type { Clock, Timer } from "../runtime/clock.ts";
import type { Random } from "../runtime/random.ts";
import type { Connect, Connection } from "./connection.ts";
import { parseControllerFrame } from "./controller-frame.ts";

export interface ControllerSearchPorts {
  clock: Clock;
  random: Random;
  connect: Connect;
  /** Where to ask, one after the other. */
  seeds(): string[];
  /**
   * Who is missing. `nobody`: there is a session with each controller, or with none at all (then the sessions
   * themselves try everything). `unheld`: with one that we know. `unknown`: fewer are known than there were lately.
   */
  missing(): "nobody" | "unheld" | "unknown";
  /** Asks every controller that holds a session for a sign of life; false: one of them owes us the last. */
  allAlive(): boolean;
  found(controllers: string[]): void;
  /** Asked often enough: there are fewer controllers now. */
  givenUp(): void;
}

export const searchLimits = {
  /** Between two looks: half of it, and a random part of the other half. */
  lookMs: 1000,
  /** The first two looks find who is silent. Later ones come at twice the distance each time: a crowd asks as well. */
  looksSoon: 2,
  lookMsMax: 8000,
  /** Before the seeds are asked although every controller that we have answers; doubles with each time. */
  patienceMs: 2000,
  patienceMsMax: 8000,
  asksMax: 6,
} as const;

/**
 * Finds a controller that nobody tells us of. A controller that lives names all the others by itself; so the seeds
 * are asked at once only when one of ours is silent (stopped: it accepts, and says nothing), else seldom.
 *
 *   idle --one is missing--> looking --none is, or given up--> idle
 */
export class ControllerSearch {
  readonly #ports: ControllerSearchPorts;
  #timer: Timer | undefined;
  #asking: Connection | undefined;
  #asked = 0;
  #looks = 0;
  #patient = 0;
  #askAt = 0;

  constructor(ports: ControllerSearchPorts) {
    this.#ports = ports;
  }

  /** To be called when what `missing` says may have changed. */
  consider(): void {
    if (this.#ports.missing() === "nobody") return this.stop();
    if (this.#timer !== undefined) return;
    this.#patient = 0;
    this.#looks = 0;
    this.#askAt = this.#ports.clock.now() + searchLimits.patienceMs;
    this.#later();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#hangUp();
  }

  #later(): void {
    const { clock, random } = this.#ports;
    const { lookMs, looksSoon, lookMsMax } = searchLimits;
    const boundMs = Math.min(lookMsMax, lookMs * 2 ** Math.max(0, this.#looks - looksSoon));
    const waitMs = (boundMs * (1 + random())) / 2;
    this.#looks += 1;
    this.#timer = clock.after(waitMs, () => this.#look());
  }

  #look(): void {
    const ports = this.#ports;
    const now = ports.clock.now();
    this.#later();
    this.#hangUp();
    if (!ports.allAlive()) return this.#ask();
    if (ports.missing() !== "unknown" || now < this.#askAt) return;
    this.#patient += 1;
    if (this.#patient > searchLimits.asksMax) return ports.givenUp();
    const { patienceMs, patienceMsMax } = searchLimits;
    this.#askAt = now + Math.min(patienceMsMax, patienceMs * 2 ** this.#patient);
    this.#ask();
  }

  #ask(): void {
    const ports = this.#ports;
    const urls = ports.seeds();
    const url = urls[this.#asked % urls.length];
    if (url === undefined) return;
    this.#asked += 1;
    const connection = ports.connect(url, {
      opened: () => connection.send(JSON.stringify({ t: "ask" })),
      received: (text) => {
        const frame = parseControllerFrame(text);
        if (this.#asking !== connection || frame?.t !== "controllers") return;
        this.#hangUp();
        ports.found(frame.controllers);
      },
      alive: () => undefined,
      closed: () => undefined,
    });
    this.#asking = connection;
  }

  #hangUp(): void {
    this.#asking?.destroy();
    this.#asking = undefined;
  }
}
