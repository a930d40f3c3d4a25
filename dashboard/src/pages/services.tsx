import type { ComponentChild } from "preact";
import type { ServiceView } from "../../../src/protocol/discovery.ts";
import { count, foreign, milliseconds, percent } from "../format.ts";
import { type Column, Rows } from "../parts/rows.tsx";
import { cluster, trafficOf } from "../state.ts";
import type { Traffic } from "../../../src/protocol/live/traffic.ts";

interface Row {
  service: ServiceView;
  /** Undefined: nobody tells. */
  traffic: Traffic | undefined;
}

export function Services(): ComponentChild {
  const services = cluster.value?.services ?? [];
  const rows = services.map((service) => ({ service, traffic: trafficOf({ service: service.name }) }));
  return (
    <section class="page">
      <div class="bar">
        <h1>Services</h1>
        <span class="muted">{count(rows.length)}</span>
      </div>
      <Rows
        label="Services"
        columns={columns}
        rows={rows}
        keyOf={({ service }) => service.name}
        empty="No service is configured, and no worker has joined."
      />
    </section>
  );
}

const columns: readonly Column<Row>[] = [
  {
    name: "name",
    title: "Service",
    by: ({ service }) => service.name,
    cell: ({ service }) => (
      <>
        <bdi>{foreign(service.name, 60)}</bdi>
        {service.preserving && (
          <span class="flag" title="Too many fell silent at once: silence takes nobody out now">
            preserving
          </span>
        )}
      </>
    ),
  },
  {
    name: "health",
    title: "Workers",
    by: ({ service }) => service.workers.total,
    cell: ({ service }) => <Health service={service} />,
  },
  {
    name: "rate",
    title: "Requests/s",
    number: true,
    by: ({ traffic }) => traffic?.perSecond,
    cell: ({ traffic }) => count(traffic?.perSecond),
  },
  {
    name: "errors",
    title: "Errors",
    number: true,
    by: ({ traffic }) => traffic?.errorShare,
    cell: ({ traffic }) => (
      <span class={(traffic?.errorShare ?? 0) > 0 ? "bad" : ""}>{percent(traffic?.errorShare)}</span>
    ),
  },
  {
    name: "p50",
    title: "p50",
    number: true,
    spare: 1,
    by: ({ traffic }) => traffic?.p50Ms,
    cell: ({ traffic }) => milliseconds(traffic?.p50Ms),
  },
  {
    name: "p99",
    title: "p99",
    number: true,
    by: ({ traffic }) => traffic?.p99Ms,
    cell: ({ traffic }) => milliseconds(traffic?.p99Ms),
  },
  {
    name: "inflight",
    title: "In flight",
    number: true,
    spare: 1,
    by: ({ traffic }) => traffic?.inFlight,
    cell: ({ traffic }) => count(traffic?.inFlight),
  },
  { name: "policy", title: "Policy", spare: 2, cell: ({ service }) => service.policy },
];

const order = ["live", "draining", "suspect", "left", "dead"] as const;

/** How many are in which state: as a bar, and as words. */
export function Health({ service }: { service: ServiceView }): ComponentChild {
  const { workers } = service;
  const parts = order.filter((state) => workers[state] > 0);
  const words = parts.map((state) => `${workers[state]} ${state}`).join(", ") || "none";
  return (
    <span class="health">
      <span class="stack" aria-hidden="true">
        {parts.map((state) => (
          <i key={state} class={state} style={{ flexGrow: workers[state] }} />
        ))}
      </span>
      {words}
    </span>
  );
}
