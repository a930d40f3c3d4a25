import { familiesOf, type MetricSources } from "../../src/controller/metrics/metrics.ts";

const families = (["controller", "gateway"] as const).flatMap((part) =>
  familiesOf({} as MetricSources, part),
);

/** Of every series that a controller tells: the labels that it bears. */
export const labelsBySeries: ReadonlyMap<string, readonly string[]> = new Map(
  families.flatMap(({ name, type, labels }) => {
    if (type !== "histogram") return [[name, labels] as const];
    return ["_bucket", "_sum", "_count"].map((suffix) => [`${name}${suffix}`, labels] as const);
  }),
);

/** Those that `GET /v1/prometheus/targets` and Prometheus itself put on. */
export const targetLabels: readonly string[] = ["instance", "gateway", "role", "job"];
