import type { Clock } from "../runtime/clock.ts";

/** What is left of the registry to those who come by other tokens, or from this host. */
const shareMax = 0.9;
/** Who is gone is looked for at most so often: that looks through a whole share. */
const lookEveryMs = 1_000;

/** Of the workers that one token lets in, only so many: whoever has it must not keep out those of all other services. */
export class TokenShares {
  readonly #clock: Pick<Clock, "now">;
  readonly #isHere: (service: string, id: string) => boolean;
  /** By the token's id. */
  readonly #joined = new Map<string, Map<string, { service: string; id: string }>>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** `isHere`: the registry has it. */
  constructor(clock: Pick<Clock, "now">, isHere: (service: string, id: string) => boolean) {
    this.#clock = clock;
    this.#isHere = isHere;
  }

  /** False: the token's share is full of others. `workersMax`: of the registry. */
  take(token: string, worker: { service: string; id: string }, workersMax: number): boolean {
    const { service, id } = worker;
    const key = `${service}\n${id}`;
    const joined = this.#joined.get(token) ?? new Map<string, { service: string; id: string }>();
    if (joined.has(key)) return true;
    const max = Math.max(1, Math.floor(workersMax * shareMax));
    if (joined.size >= max) this.#forgetGone(joined);
    if (joined.size >= max) return false;
    joined.set(key, { service, id });
    this.#joined.set(token, joined);
    return true;
  }

  /** The others were revoked. */
  keepOnly(tokens: readonly { id: string }[]): void {
    const good = new Set(tokens.map(({ id }) => id));
    for (const token of this.#joined.keys()) if (!good.has(token)) this.#joined.delete(token);
  }

  #forgetGone(joined: Map<string, { service: string; id: string }>): void {
    const now = this.#clock.now();
    if (now - this.#lookedAt < lookEveryMs) return;
    this.#lookedAt = now;
    for (const [key, { service, id }] of joined) if (!this.#isHere(service, id)) joined.delete(key);
  }
}
