import { type Family, inSeconds, type Sample, single } from "./family.ts";
import type { MetricSources } from "./metrics.ts";

const states = ["live", "suspect", "draining", "left", "dead"] as const;

/** Of the services and their workers, which all controllers see alike. */
export function clusterMetrics(sources: MetricSources): Family[] {
  return [
    {
      name: "skein_workers",
      help: "Workers by service and state",
      type: "gauge",
      labels: ["service", "state"],
      samples: () => workerSamples(sources),
    },
    {
      name: "skein_self_preservation",
      help: "1 while silence takes out no worker of the service",
      type: "gauge",
      labels: ["service"],
      samples: () => Array.from(sources.preserving(), (service) => ({ labels: { service }, value: 1 })),
    },
    {
      name: "skein_waiting_limit",
      help: "How many requests may wait for a worker of the service, in each proxy",
      type: "gauge",
      labels: ["service"],
      samples: () =>
        Array.from(sources.limits(), ({ service, waitingMax }) => ({
          labels: { service },
          value: waitingMax,
        })),
    },
    {
      name: "skein_worker_in_flight_limit",
      help: "How many requests may be at one worker of the service, from each proxy; without a limit no sample",
      type: "gauge",
      labels: ["service"],
      samples: () =>
        Array.from(sources.limits()).flatMap(({ service, inFlightMax }) =>
          inFlightMax === undefined ? [] : [{ labels: { service }, value: inFlightMax }],
        ),
    },
    single(
      "skein_supervisor_event_loop_delay_seconds",
      "How late the supervisor came to its tick: the worst of the last 15",
      "gauge",
      () => inSeconds(sources.supervisorDelayMs()),
    ),
  ];
}

/** Also of services that have no worker, which an alert must see. */
function workerSamples(sources: MetricSources): Sample[] {
  const counts = new Map<string, Map<string, number>>();
  for (const { service } of sources.limits()) counts.set(service, new Map());
  for (const { service, state } of sources.workers()) {
    const known = counts.get(service) ?? new Map<string, number>();
    counts.set(service, known.set(state, (known.get(state) ?? 0) + 1));
  }
  return Array.from(counts).flatMap(([service, byState]) =>
    states.map((state) => ({ labels: { service, state }, value: byState.get(state) ?? 0 })),
  );
}
