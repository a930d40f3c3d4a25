import type { Claimant } from "./claim.ts";
import type { Entry, SessionEnd } from "./entry.ts";
import { Pacer } from "./pacer.ts";

/** The sessions that workers hold with this controller: how many there are, and how often they beat. */
export class Sessions {
  readonly #pacer = new Pacer();
  #open = 0;

  get open(): number {
    return this.#open;
  }

  /** One more is asked for. Its lease: the worker's own, or by the pace of all. */
  ttlMsFor({ ttlMs }: Claimant): number {
    this.#pacer.grown(this.#open + 1);
    return ttlMs ?? this.#pacer.current.ttlMs;
  }

  /** Of a worker that beats as it was asked to; undefined: it asked for a lease of its own. */
  heartbeatEveryMs({ paced }: Entry): number | undefined {
    return paced ? this.#pacer.current.heartbeatEveryMs : undefined;
  }

  /**
   * In place of an earlier one of the same life, if there is one. That one is the worker's to end, which holds two of them
   * for a moment; but no life has three: the one before the last is ended here.
   */
  opened(entry: Entry, end: SessionEnd, instance: string, paced: boolean): void {
    if (entry.session === undefined) this.#open += 1;
    else {
      this.#endReplaced(
        entry,
        "session-replaced",
        "Later sessions of this life have taken its place.",
        false,
      );
      entry.replaced = entry.session;
    }
    entry.session = end;
    entry.instance = instance;
    entry.paced = paced;
  }

  /** The worker's end is gone. False: another session had replaced this one. */
  closed(entry: Entry, end: SessionEnd): boolean {
    if (entry.replaced === end) entry.replaced = undefined;
    if (entry.session !== end) return false;
    this.#forget(entry);
    entry.onDraining = undefined;
    return true;
  }

  /** Ends the session, if there is one, and tells the worker why. `final`: it is not to come back as it is. */
  end(entry: Entry, code: string, detail: string, final: boolean): void {
    this.#endReplaced(entry, code, detail, final);
    const { session } = entry;
    if (session === undefined) return;
    this.#forget(entry);
    session.close(code, detail, final);
  }

  adjustPace(entries: Iterable<Entry>): void {
    this.#pacer.adjust(this.#open, entries);
  }

  #endReplaced(entry: Entry, code: string, detail: string, final: boolean): void {
    const { replaced } = entry;
    entry.replaced = undefined;
    replaced?.close(code, detail, final);
  }

  #forget(entry: Entry): void {
    entry.session = undefined;
    this.#open -= 1;
  }
}
