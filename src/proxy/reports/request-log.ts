import type { RequestSettings } from "../../protocol/configuration.ts";
import type { RequestKept, RequestRecord, RequestsWanted } from "../../protocol/requests.ts";
import type { Clock } from "../../runtime/clock.ts";
import { RecordRings } from "./record-rings.ts";

/** Where the configuration says nothing: see `requests` in src/config. */
export const requestDefaults: RequestSettings = { slowMs: 1_000, samplesPerSecond: 5, keep: 200, redact: [] };

/** Looking at each route and worker costs a failed request more than its failure did: only so many in a second. */
const closeLooksPerSecond = 20;

/** What one proxy remembers of recent requests that failed, were slow, or are samples: for `skein why`. */
export class RequestLog {
  readonly #proxy: string;
  readonly #clock: Clock;
  readonly #rings = new RecordRings();
  #sampleAt = -Infinity;
  #lookedSince = -Infinity;
  #looked = 0;

  constructor(proxy: string, clock: Clock) {
    this.#proxy = proxy;
    this.#clock = clock;
  }

  get bytes(): number {
    return this.#rings.bytes;
  }

  /** For every request, when it is over. `headMs`: until its answer began. */
  keeps(failed: boolean, headMs: number, settings: RequestSettings, now: number): RequestKept | undefined {
    if (failed) return "failed";
    if (headMs >= settings.slowMs) return "slow";
    if (now < this.#sampleAt || settings.samplesPerSecond === 0) return undefined;
    this.#sampleAt = now + 1_000 / settings.samplesPerSecond;
    return "sampled";
  }

  /** Whether this one may also say which routes and workers there were. */
  affordsCloseLook(now: number): boolean {
    if (now - this.#lookedSince >= 1_000) {
      this.#lookedSince = now;
      this.#looked = 0;
    }
    this.#looked += 1;
    return this.#looked <= closeLooksPerSecond;
  }

  /** `cause`: records of the same one push each other out. `agoMs`: since its first byte. */
  keep(cause: string, record: Omit<RequestRecord, "proxy" | "at">, agoMs: number, countMax: number): void {
    const at = new Date(new Date(this.#clock.wallTime()).getTime() - agoMs).toISOString();
    this.#rings.add(cause, { ...record, proxy: this.#proxy, at }, countMax);
  }

  /** At most `limit`: the newest, or the slowest. */
  find(wanted: RequestsWanted): RequestRecord[] {
    const found = [...this.#rings].filter((record) => fits(record, wanted));
    return found.sort(wanted.slowest === true ? slowestFirst : newestFirst).slice(0, wanted.limit);
  }
}

function fits(record: RequestRecord, wanted: RequestsWanted): boolean {
  return (
    (wanted.id === undefined || record.id === wanted.id) &&
    (wanted.kept === undefined || record.kept === wanted.kept) &&
    (wanted.code === undefined || record.code === wanted.code) &&
    (wanted.service === undefined || record.service === wanted.service) &&
    (wanted.status === undefined || record.status >= wanted.status)
  );
}

function newestFirst(one: RequestRecord, other: RequestRecord): number {
  return one.at < other.at ? 1 : one.at > other.at ? -1 : 0;
}

function slowestFirst(one: RequestRecord, other: RequestRecord): number {
  return other.tookMs - one.tookMs;
}
