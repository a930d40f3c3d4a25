import { type KeyRange, withPrefix } from "./wire.ts";

/** So many digits that ids sort as texts do. */
const idDigits = 16;

/**
 * Where everything lies, below the prefix:
 *
 * ```
 * cluster/identity           which store this is (`Identity`)
 * cluster/leader             instance of the controller that leads; bound to its lease, created with its term
 * cluster/seat               instance that led last; written with each new leader, so its revision tells that term
 * cluster/head               what the content consists of (`Head`); written with every change of it
 * configuration/NAME/PART    JSON text of the configuration that the head names, in parts
 * overrides/SERVICE/ID       one operators' word each (`Override`)
 * events/LAST                the events of one write, by the id of the last of them
 * beats/HANDLE               each controller's own small key, and where it is (`Presence`); bound to its lease
 * ```
 */
export class Keys {
  readonly all: Required<KeyRange>;
  readonly cluster: Required<KeyRange>;
  readonly identity: string;
  readonly leader: string;
  readonly seat: string;
  readonly head: string;
  readonly configurations: Required<KeyRange>;
  readonly overrides: Required<KeyRange>;
  readonly events: Required<KeyRange>;
  readonly beats: Required<KeyRange>;

  constructor(prefix: string) {
    this.all = withPrefix(`${prefix}/`);
    this.cluster = withPrefix(`${prefix}/cluster/`);
    this.identity = `${this.cluster.key}identity`;
    this.leader = `${this.cluster.key}leader`;
    this.seat = `${this.cluster.key}seat`;
    this.head = `${this.cluster.key}head`;
    this.configurations = withPrefix(`${prefix}/configuration/`);
    this.overrides = withPrefix(`${prefix}/overrides/`);
    this.events = withPrefix(`${prefix}/events/`);
    this.beats = withPrefix(`${prefix}/beats/`);
  }

  configuration(name: string, part: number): string {
    return `${this.configurations.key}${name}/${part}`;
  }

  override(service: string, id: string): string {
    return `${this.overrides.key}${encodeURIComponent(service)}/${encodeURIComponent(id)}`;
  }

  /** The page of events whose last one is `lastId`. */
  eventsUpTo(lastId: number): string {
    return `${this.events.key}${String(lastId).padStart(idDigits, "0")}`;
  }

  beat(handle: string): string {
    return `${this.beats.key}${handle}`;
  }
}

export function isWithin(key: string, range: Required<KeyRange>): boolean {
  return key >= range.key && key < range.end;
}
