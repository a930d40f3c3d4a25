import type { Load } from "../protocol/heartbeat.ts";
import type { Accepted } from "./claim.ts";
import type { Entry, SessionEnd } from "./entry.ts";
import type { Registry } from "./registry.ts";

/** The registry's end of a worker's session. Once another session replaced it, nothing here has an effect. */
export class OpenSession {
  readonly accepted: Accepted;
  readonly #registry: Registry;
  readonly #entry: Entry;
  readonly #end: SessionEnd;

  constructor(registry: Registry, entry: Entry, end: SessionEnd, accepted: Accepted) {
    this.#registry = registry;
    this.#entry = entry;
    this.#end = end;
    this.accepted = accepted;
  }

  beat(load: Load | undefined): void {
    if (this.#entry.session !== this.#end) return;
    if (load !== undefined) this.#entry.load = load;
    this.#registry.heartbeats.session += 1;
    this.#registry.apply(this.#entry, { kind: "beat" });
  }

  blocked(): void {
    if (this.#entry.session === this.#end) this.#registry.apply(this.#entry, { kind: "blocked" });
  }

  unblocked(): void {
    if (this.#entry.session === this.#end) this.#registry.apply(this.#entry, { kind: "unblocked" });
  }

  /** `confirmed` is called when every proxy stream was sent a table in which this worker drains. */
  drain(confirmed: () => void): void {
    if (this.#entry.session !== this.#end) return;
    this.#entry.onDraining = confirmed;
    this.#registry.apply(this.#entry, { kind: "drain", by: "worker", on: true });
    this.#registry.publisher.touch(this.#entry);
  }

  leave(): void {
    this.#registry.closeSession(this.#entry, this.#end, { kind: "leave" });
  }

  /** The socket closed without `leave`. */
  lost(): void {
    this.#registry.closeSession(this.#entry, this.#end, { kind: "session-lost" });
  }
}
