import type { ProxyAnswer, ProxyQuestion, RequestsFound, RequestsWanted } from "../protocol/requests.ts";
import type { Clock } from "../runtime/clock.ts";
import { newInstanceId } from "../runtime/random.ts";

/** A proxy that is busy answers late; one that does not is named. */
export const answerWithinMs = 1_000;
/** Questions under way: an operator's tool asks one after the other. */
const askingMax = 64;

/**
 * Asks the proxies that read this controller's table, on that stream; they answer by a POST. Each is asked under a
 * number of its own that nobody can guess, so that it can answer once, and for itself alone.
 */
export class ProxyQuestions {
  readonly #clock: Clock;
  readonly #readers = new Set<(line: string) => void>();
  readonly #waiting = new Map<string, (answer: ProxyAnswer) => void>();
  #asking = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  listen(write: (line: string) => void): () => void {
    this.#readers.add(write);
    return () => this.#readers.delete(write);
  }

  /** False: nobody asked this, or it was answered already. */
  answered(answer: ProxyAnswer): boolean {
    const take = this.#waiting.get(answer.ask);
    this.#waiting.delete(answer.ask);
    take?.(answer);
    return take !== undefined;
  }

  /** Resolves when all have answered, or their time is over. */
  ask(wanted: RequestsWanted): Promise<RequestsFound> {
    const found: RequestsFound = { v: 1, records: [], asked: { proxies: [], silent: [] } };
    const open = new Set<string>();
    if (this.#readers.size === 0) return Promise.resolve(found);
    if (this.#asking >= askingMax) {
      found.asked.silent.push("this controller: too many questions at once");
      return Promise.resolve(found);
    }
    this.#asking += 1;
    return new Promise((resolve) => {
      const finish = (): void => {
        timer.cancel();
        this.#asking -= 1;
        for (const ask of open) this.#waiting.delete(ask);
        if (open.size > 0) found.asked.silent.push(`${open.size} of the proxies of this controller`);
        resolve(found);
      };
      const timer = this.#clock.after(answerWithinMs, finish);
      const lines = Array.from(this.#readers, (write) => {
        const ask = newInstanceId();
        open.add(ask);
        this.#waiting.set(ask, ({ proxy, records }) => {
          open.delete(ask);
          found.asked.proxies.push(proxy);
          found.records.push(...records);
          if (open.size === 0) finish();
        });
        return (): void => write(JSON.stringify({ kind: "ask", ask, wanted } satisfies ProxyQuestion));
      });
      for (const say of lines) say();
    });
  }
}
