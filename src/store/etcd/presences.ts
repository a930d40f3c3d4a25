import { parsePresence, type Presence } from "../../protocol/presence.ts";
import { type PresenceBoard, presentMax } from "../store.ts";
import { isWithin, type Keys } from "./keys.ts";
import type { KeyValue, WatchEvent } from "./wire.ts";

/** So many own beats came back without one of the other's: it is forgotten, though nobody told of its end. */
const forgottenAfterBeats = 60;
/** Longest record that is read. */
const recordBytesMax = 2_048;

interface Known {
  presence: Presence;
  /** Own beats that came back when its last one was told. */
  beats: number;
}

/**
 * The other controllers, by their beats. Age is counted in own beats that came back by the same watch: while etcd tells
 * nothing, nobody grows older, and who was there can still be called.
 */
export class Presences implements PresenceBoard {
  readonly #keys: Keys;
  readonly #ownKey: string;
  readonly #known = new Map<string, Known>();
  readonly #watchers = new Set<() => void>();
  #record: (() => Presence) | undefined;
  #beats = 0;

  constructor(keys: Keys, handle: string) {
    this.#keys = keys;
    this.#ownKey = keys.beat(handle);
  }

  announce(record: () => Presence): void {
    this.#record = record;
  }

  /** What the own beat tells. Undefined: nothing yet. */
  get own(): Presence | undefined {
    return this.#record?.();
  }

  /** One for each name: the life that was heard of last. */
  others(): readonly Presence[] {
    const byName = new Map<string, Presence>();
    for (const { presence } of this.#known.values()) {
      const before = byName.get(presence.name);
      if (before === undefined || before.clock < presence.clock) byName.set(presence.name, presence);
    }
    return [...byName.values()];
  }

  onChange(changed: () => void): void {
    this.#watchers.add(changed);
  }

  /** Every record that is there. */
  takeList(keyValues: readonly KeyValue[]): void {
    const told = keyValues.filter((keyValue) => this.#put(keyValue)).length;
    if (told > 0) this.#tell();
  }

  takeEvents(events: readonly WatchEvent[]): void {
    let changed = false;
    for (const event of events) {
      if (event.kind === "put") changed = this.#put(event.keyValue) || changed;
      else changed = this.#known.delete(event.key) || changed;
    }
    if (changed) this.#tell();
  }

  /** An own beat came back. */
  beatCameBack(): void {
    this.#beats += 1;
    for (const [key, { beats }] of this.#known) {
      if (this.#beats - beats > forgottenAfterBeats) this.#known.delete(key);
    }
  }

  #put({ key, value }: KeyValue): boolean {
    if (!isWithin(key, this.#keys.beats) || key === this.#ownKey) return false;
    const presence = presenceIn(value);
    const full = this.#known.size >= presentMax && !this.#known.has(key);
    if (presence === undefined || full) return false;
    this.#known.set(key, { presence, beats: this.#beats });
    return true;
  }

  #tell(): void {
    for (const changed of this.#watchers) changed();
  }
}

/** A beat: its number, and who beats. */
export function beatText(number: number, presence: Presence | undefined): string {
  return JSON.stringify({ n: number, ...presence });
}

/** The number of a beat; NaN where it is none. */
export function beatNumber(text: string): number {
  try {
    const { n } = JSON.parse(text) as { n?: unknown };
    return typeof n === "number" ? n : Number.NaN;
  } catch {
    return Number.NaN;
  }
}

function presenceIn(text: string): Presence | undefined {
  if (text.length > recordBytesMax) return undefined;
  try {
    return parsePresence(JSON.parse(text));
  } catch {
    return undefined;
  }
}
