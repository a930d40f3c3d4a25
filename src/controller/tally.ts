import type { Evidence } from "../protocol/evidence.ts";
import type { Announcement } from "../registry/announcer.ts";

/** What this controller counts for its metrics, since its start. Kinds and causes are few, and so are services. */
export class Tally {
  elections = 0;
  /** As it told last. */
  supervisorDelayMs: number | undefined;
  readonly #changes = new Map<string, { service: string; change: string; cause: string; count: number }>();
  readonly #evidence = new Map<string, number>();

  change({ kind, service, data }: Pick<Announcement, "kind" | "service" | "data">): void {
    const cause = String(data?.["cause"] ?? "");
    const key = `${service}\n${kind}\n${cause}`;
    const known = this.#changes.get(key) ?? { service, change: kind, cause, count: 0 };
    this.#changes.set(key, { ...known, count: known.count + 1 });
  }

  evidence(items: readonly Pick<Evidence, "kind">[]): void {
    for (const { kind } of items) this.#evidence.set(kind, (this.#evidence.get(kind) ?? 0) + 1);
  }

  get changes(): Iterable<{ service: string; change: string; cause: string; count: number }> {
    return this.#changes.values();
  }

  get evidenceByKind(): Iterable<[kind: string, count: number]> {
    return this.#evidence;
  }
}
