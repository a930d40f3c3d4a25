import type { OwnGauges } from "./gauges.ts";
import type { ProcessReading } from "./process-reading.ts";

export interface Sample extends ProcessReading, OwnGauges {
  atMs: number;
}

/** Ten seconds of a process. */
export interface Row extends Sample {
  /** The most that there were; of memory and heap it is the least. */
  descriptorsMax: number;
}

/** Nobody asked for anything. */
export interface Rest {
  atMs: number;
  descriptors: number;
}

/** One process from when it was first seen to when it was last seen. */
export interface Life {
  name: string;
  pid: number;
  fromMs: number;
  untilMs: number;
  rows: Row[];
  rests: Rest[];
}

const rowMs = 10_000;

/**
 * Keeps what processes hold over time. Between two collections of garbage memory only grows: of each ten seconds the least is
 * kept, which is nearest to what cannot be let go. Connections come and go with the load: of them counts what is open at rest.
 */
export class Recorder {
  readonly lives: Life[] = [];

  add(name: string, pid: number, sample: Sample): void {
    const life = this.#lifeOf(name, pid, sample.atMs);
    life.untilMs = sample.atMs;
    const last = life.rows.at(-1);
    if (last === undefined || Math.floor(sample.atMs / rowMs) !== Math.floor(last.atMs / rowMs)) {
      life.rows.push({ ...sample, descriptorsMax: sample.descriptors });
      return;
    }
    life.rows[life.rows.length - 1] = joined(last, sample);
  }

  rest(name: string, { pid, atMs, descriptors }: Rest & { pid: number }): void {
    const life = this.#lifeOf(name, pid, atMs);
    life.untilMs = atMs;
    life.rests.push({ atMs, descriptors });
  }

  #lifeOf(name: string, pid: number, atMs: number): Life {
    const known = this.lives.findLast((life) => life.name === name);
    if (known?.pid === pid) return known;
    const life: Life = { name, pid, fromMs: atMs, untilMs: atMs, rows: [], rests: [] };
    this.lives.push(life);
    return life;
  }
}

function joined(row: Row, sample: Sample): Row {
  const heapBytes = least(row.heapBytes, sample.heapBytes);
  return {
    ...row,
    ...sample,
    // The row stands for the time at which it began.
    atMs: row.atMs,
    residentBytes: Math.min(row.residentBytes, sample.residentBytes),
    descriptorsMax: Math.max(row.descriptorsMax, sample.descriptors),
    ...(heapBytes === undefined ? {} : { heapBytes }),
  };
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}
