/** One metric: its name says what is counted and in which unit (`_seconds`, `_bytes`), a counter's ends in `_total`. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** The labels that its samples bear. */
  readonly labels: readonly string[];
  /** Read from where it is counted, at the moment of a scrape: counters here would be a second place to count in. */
  samples(): Iterable<Sample>;
}

export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
  /** Of histograms: `_bucket`, `_sum` or `_count`. */
  suffix?: string;
}

/** A gauge or counter without labels. */
export function single(
  name: string,
  help: string,
  type: "counter" | "gauge",
  value: () => number | undefined,
): Family {
  return {
    name,
    help,
    type,
    labels: [],
    samples() {
      const now = value();
      return now === undefined ? [] : [{ labels: {}, value: now }];
    },
  };
}

export function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
