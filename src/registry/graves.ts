import type { Past } from "../core/registry/generation.ts";

const gravesMax = 20_000;
const nobody: Past = { generation: 0, begunAtMs: undefined };

interface Grave extends Past {
  /** By its own word, or an operator's. */
  readonly left: boolean;
}

/** The highest lives of workers that are forgotten: older ones must stay refused. Bounded; the oldest go first. */
export class Graves {
  readonly #pasts = new Map<string, Grave>();

  bury(key: string, { generation, begunAtMs }: Past, left: boolean): void {
    this.#pasts.delete(key);
    this.#pasts.set(key, { generation, begunAtMs, left });
    if (this.#pasts.size <= gravesMax) return;
    const oldest = this.#pasts.keys().next();
    if (oldest.done !== true) this.#pasts.delete(oldest.value);
  }

  past(key: string): Past {
    return this.#pasts.get(key) ?? nobody;
  }

  hasLeft(key: string): boolean {
    return this.#pasts.get(key)?.left ?? false;
  }

  /** By key; who was buried first comes first. */
  [Symbol.iterator](): IterableIterator<[string, Grave]> {
    return this.#pasts.entries();
  }
}

/** What is known after this life was seen too. */
export function pastWith(past: Past, life: { generation: number; begunAtMs?: number | undefined }): Past {
  const { begunAtMs } = life;
  return {
    generation: Math.max(past.generation, life.generation),
    begunAtMs: begunAtMs === undefined ? past.begunAtMs : Math.max(past.begunAtMs ?? begunAtMs, begunAtMs),
  };
}
