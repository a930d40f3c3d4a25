import { choose } from "../../core/client/choose.ts";
import {
  lost,
  openEndpoint,
  probeDue,
  probeFailed,
  probeUnasked,
  probing,
} from "../../core/client/endpoint.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { Random } from "../../runtime/random.ts";
import type { Endpoint } from "./endpoint.ts";
import { probe } from "./probe.ts";

export const watchNumbers = {
  lookEveryMs: 50,
  /** Requests wait, and nothing came for so long: it is asked whether it lives. A slow service pays this in probes. */
  silenceMs: 250,
  /** A gateway that found nobody to serve a request is asked again after this. */
  unservedMs: 1_000,
} as const;

/** All gateways or workers that a client may send to, and the watch on those where something is the matter. */
export class Endpoints {
  readonly #clock: Clock;
  readonly #random: Random;
  #list: readonly Endpoint[] = [];
  readonly #probed = new Set<Endpoint>();
  readonly #unserved = new Set<Endpoint>();
  readonly #waiting = new Set<() => void>();
  /** No longer in the list, with requests that still wait for an answer. */
  readonly #departing = new Set<Endpoint>();
  #looking: Timer | undefined;
  #lookedAt = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  get list(): readonly Endpoint[] {
    return this.#list;
  }

  /** What is under way at one that is left out goes on. With nothing under way, it is forgotten. */
  replace(list: readonly Endpoint[]): void {
    const staying = new Set(list);
    for (const endpoint of this.#list) {
      if (staying.has(endpoint)) continue;
      endpoint.dropIdle();
      if (endpoint.waiting.size > 0) this.#departing.add(endpoint);
    }
    for (const endpoint of list) this.#departing.delete(endpoint);
    this.#list = list;
    for (const go of this.#waiting) go();
  }

  pick(tried: ReadonlySet<Endpoint>): Endpoint | undefined {
    return choose(
      this.#list.filter((endpoint) => !tried.has(endpoint)),
      this.#random,
    );
  }

  /** Resolves when the list changed, or after `ms`. */
  async changed(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const go = (): void => {
        timer.cancel();
        this.#waiting.delete(go);
        resolve();
      };
      const timer = this.#clock.after(ms, go);
      this.#waiting.add(go);
    });
  }

  /** Something is under way there: it is watched until nothing is. */
  watch(): void {
    if (this.#looking !== undefined) return;
    this.#lookedAt = this.#clock.now();
    this.#looking = this.#clock.every(watchNumbers.lookEveryMs, () =>
      this.#clock.afterPendingInput(() => this.#look()),
    );
  }

  /** A request found it gone. */
  lost(endpoint: Endpoint): void {
    endpoint.state = lost(endpoint.state, this.#clock.now(), this.#random());
    endpoint.dropIdle();
    this.watch();
  }

  /** A request had no time to wait for it. It is asked whether it lives, unless it showed that just now. */
  ask(endpoint: Endpoint): void {
    const quietMs = this.#clock.now() - endpoint.heardAt;
    if (!endpoint.open || this.#probed.has(endpoint) || quietMs < watchNumbers.silenceMs) return;
    void this.#probe(endpoint);
  }

  /** It lives, and found nobody to serve a request. */
  unserved(endpoint: Endpoint): void {
    if (this.#unserved.has(endpoint)) return;
    this.#unserved.add(endpoint);
    endpoint.doubt += 1;
    this.#clock.after(watchNumbers.unservedMs, () => {
      this.#unserved.delete(endpoint);
      endpoint.doubt -= 1;
    });
  }

  close(): void {
    this.#looking?.cancel();
    this.#looking = undefined;
    this.replace([]);
  }

  #look(): void {
    if (this.#looking === undefined) return;
    const now = this.#clock.now();
    const pausedMs = now - this.#lookedAt - watchNumbers.lookEveryMs;
    this.#lookedAt = now;
    // While this process did not run, nobody can have been heard.
    const all = [...this.#list, ...this.#departing];
    if (pausedMs > watchNumbers.lookEveryMs) for (const endpoint of all) endpoint.heardAt = now;
    let idle = true;
    for (const endpoint of all) {
      if (endpoint.waiting.size === 0 && this.#departing.delete(endpoint)) continue;
      if (endpoint.waiting.size > 0 || !endpoint.open) idle = false;
      if (this.#probed.has(endpoint)) continue;
      if (probeDue(endpoint.state, now)) endpoint.state = probing(endpoint.state);
      else if (!endpoint.open || !isSilent(endpoint, now)) continue;
      void this.#probe(endpoint);
    }
    if (!idle) return;
    this.#looking.cancel();
    this.#looking = undefined;
  }

  async #probe(endpoint: Endpoint): Promise<void> {
    this.#probed.add(endpoint);
    const sign = await probe(endpoint, this.#clock);
    this.#probed.delete(endpoint);
    const now = this.#clock.now();
    if (sign === "lives") endpoint.state = openEndpoint;
    if (sign === "unasked") endpoint.state = probeUnasked(endpoint.state, now, this.#random());
    if (sign !== "none") {
      // Also of one that could not be asked: nobody can say that it was silent.
      endpoint.heardAt = now;
      return;
    }
    if (endpoint.open) this.lost(endpoint);
    else endpoint.state = probeFailed(endpoint.state, now, this.#random());
    for (const attempt of endpoint.waiting) {
      if (attempt.mayLeave()) attempt.abandon("stalled", `${endpoint.name} shows no sign of life`);
    }
  }
}

function isSilent({ waiting, heardAt }: Endpoint, now: number): boolean {
  let since = Infinity;
  for (const { startedAt } of waiting) since = Math.min(since, startedAt);
  return now - Math.max(since, heardAt) >= watchNumbers.silenceMs;
}
