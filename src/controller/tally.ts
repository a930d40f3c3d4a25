import { type Evidence, servicesReportedMax } from "../protocol/evidence.ts";
import type { Announcement } from "../registry/announcer.ts";

/** How often workers of a service changed so. */
interface Change {
  service: string;
  change: string;
  cause: string;
  count: number;
}

/** What this controller counts for its metrics, since its start. Kinds and causes are few; names of services come and go. */
export class Tally {
  elections = 0;
  /** As it told last. */
  supervisorDelayMs: number | undefined;
  /** By service: of those that have not changed for longest nothing is told. */
  readonly #changes = new Map<string, Map<string, Change>>();
  readonly #evidence = new Map<string, number>();

  change({ kind, service, data }: Pick<Announcement, "kind" | "service" | "data">): void {
    const cause = String(data?.["cause"] ?? "");
    const key = `${kind}\n${cause}`;
    const known = this.#changes.get(service) ?? new Map<string, Change>();
    const { count } = known.get(key) ?? { count: 0 };
    known.set(key, { service, change: kind, cause, count: count + 1 });
    // Whoever changed last is last.
    this.#changes.delete(service);
    this.#changes.set(service, known);
    const [longest] = this.#changes.keys();
    if (this.#changes.size > servicesReportedMax && longest !== undefined) this.#changes.delete(longest);
  }

  evidence(items: readonly Pick<Evidence, "kind">[]): void {
    for (const { kind } of items) this.#evidence.set(kind, (this.#evidence.get(kind) ?? 0) + 1);
  }

  get changes(): Iterable<Change> {
    return [...this.#changes.values()].flatMap((ofService) => [...ofService.values()]);
  }

  get evidenceByKind(): Iterable<[kind: string, count: number]> {
    return this.#evidence;
  }
}
