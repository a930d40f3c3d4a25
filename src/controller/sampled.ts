import type { Metric } from "prom-client";

export interface Sample {
  labels: Record<string, string | number>;
  value: number;
  /** Of histograms: with the suffix `_bucket`, `_sum` or `_count`. */
  name?: string;
}

/**
 * A metric whose values are counted elsewhere (the proxies' typed arrays, the registry's maps) and only rendered
 * here; the library's own counters would be a second place to count in.
 */
export function sampled(
  name: string,
  help: string,
  type: "counter" | "gauge" | "histogram",
  sample: () => Sample[],
): Metric {
  const metric = {
    name,
    help,
    get() {
      const values = sample().map((one) => ({
        labels: one.labels,
        value: one.value,
        ...(type === "histogram" ? { metricName: one.name ?? name } : {}),
      }));
      return Promise.resolve({ name, help, type, values, aggregator: "sum" });
    },
    reset: () => void {},
  };
  return metric as unknown as Metric;
}
