import type { Clock } from "../runtime/clock.ts";

/** What is left of the registry to those who come by other tokens, or from this host. */
const shareMax = 0.9;
/** Who is gone is looked for at most so often: that looks through a whole share. */
const lookEveryMs = 1_000;

interface Share {
  joined: Map<string, { service: string; id: string }>;
  lookedAt: number;
}

/** Of the workers that one token lets in, only so many: whoever has it must not keep out those of all other services. */
export class TokenShares {
  readonly #clock: Pick<Clock, "now">;
  readonly #isHere: (service: string, id: string) => boolean;
  /** By the token's id. */
  readonly #shares = new Map<string, Share>();

  /** `isHere`: the registry has it. */
  constructor(clock: Pick<Clock, "now">, isHere: (service: string, id: string) => boolean) {
    this.#clock = clock;
    this.#isHere = isHere;
  }

  /** False: the token's share is full of others. `workersMax`: of the registry. */
  take(token: string, worker: { service: string; id: string }, workersMax: number): boolean {
    const { service, id } = worker;
    const key = `${service}\n${id}`;
    const share = this.#shares.get(token) ?? { joined: new Map(), lookedAt: Number.NEGATIVE_INFINITY };
    const { joined } = share;
    if (joined.has(key)) return true;
    const max = Math.max(1, Math.floor(workersMax * shareMax));
    if (joined.size >= max) this.#forgetGone(share);
    if (joined.size >= max) return false;
    joined.set(key, { service, id });
    this.#shares.set(token, share);
    return true;
  }

  /** The others were revoked. */
  keepOnly(tokens: readonly { id: string }[]): void {
    const good = new Set(tokens.map(({ id }) => id));
    for (const token of this.#shares.keys()) if (!good.has(token)) this.#shares.delete(token);
  }

  #forgetGone(share: Share): void {
    const { joined } = share;
    const now = this.#clock.now();
    if (now - share.lookedAt < lookEveryMs) return;
    share.lookedAt = now;
    for (const [key, { service, id }] of joined) if (!this.#isHere(service, id)) joined.delete(key);
  }
}
