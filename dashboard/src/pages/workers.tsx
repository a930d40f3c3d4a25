import { signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import { count, foreign, milliseconds, percent } from "../format.ts";
import type { Worker } from "../../../src/protocol/live/cluster.ts";
import { loadNow } from "../../../src/protocol/live/load-now.ts";
import { type Column, Rows } from "../parts/rows.tsx";
import { State, stateAge } from "../parts/state.tsx";
import { WorkerActions } from "../parts/worker-actions.tsx";
import { lastEvents, now, trafficOfWorker, workers } from "../state.ts";
import { pathOf } from "./worker.tsx";

const filter = signal("");
const states = ["all", "live", "suspect", "draining", "left", "dead"] as const;
const state = signal<(typeof states)[number]>("all");

export function Workers(): ComponentChild {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = workers.value.filter(
    (worker) => (state.value === "all" || worker.state === state.value) && fits(worker, words),
  );
  return (
    <section class="page">
      <div class="bar">
        <h1>Workers</h1>
        <span class="muted">
          {shown.length === workers.value.length
            ? count(shown.length)
            : `${shown.length} of ${workers.value.length}`}
        </span>
        <label class="filter">
          <span class="unseen">Filter</span>
          <input
            type="search"
            placeholder="Filter: service, id, zone, version, reason"
            value={filter.value}
            onInput={(event) => (filter.value = event.currentTarget.value)}
          />
        </label>
        <label>
          <span class="unseen">State</span>
          <select
            value={state.value}
            onChange={(event) => (state.value = event.currentTarget.value as (typeof states)[number])}
          >
            {states.map((name) => (
              <option key={name} value={name}>
                {name === "all" ? "All states" : name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Rows
        label="Workers"
        columns={columns}
        rows={shown}
        keyOf={({ key }) => key}
        empty={
          workers.value.length === 0
            ? "No worker has joined yet. A heartbeat is enough: POST /v1/heartbeat."
            : "No worker fits the filter."
        }
      />
    </section>
  );
}

function fits(worker: Worker, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const { service, id, address, zone, version, tags } = worker;
  const text = [service, id, address, zone, version, worker.state, worker.cause, reasonOf(worker), ...tags]
    .join(" ")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

function reasonOf(worker: Worker): string {
  return worker.reason ?? lastEvents.value.get(worker.key)?.message ?? "";
}

const columns: readonly Column<Worker>[] = [
  {
    name: "worker",
    title: "Worker",
    by: ({ service, id }) => `${service} ${id}`,
    cell: (worker) => <Name worker={worker} />,
  },
  { name: "state", title: "State", by: ({ state }) => state, cell: (worker) => <State worker={worker} /> },
  {
    name: "reason",
    title: "Last change",
    spare: 2,
    cell: (worker) => (
      <bdi class="muted" title={foreign(reasonOf(worker), 500)}>
        {foreign(reasonOf(worker), 90)}
      </bdi>
    ),
  },
  {
    name: "age",
    title: "Since",
    number: true,
    by: ({ since }) => since,
    cell: (worker) => <Age worker={worker} />,
  },
  {
    name: "inflight",
    title: "In flight",
    number: true,
    spare: 1,
    by: (worker) => loadNow(worker).inFlight,
    cell: (worker) => count(loadNow(worker).inFlight),
  },
  {
    name: "rate",
    title: "Req/s",
    number: true,
    by: (worker) => trafficOfWorker(worker)?.perSecond,
    cell: (worker) => count(trafficOfWorker(worker)?.perSecond),
  },
  {
    name: "p99",
    title: "p99",
    number: true,
    spare: 1,
    by: (worker) => trafficOfWorker(worker)?.p99Ms,
    cell: (worker) => milliseconds(trafficOfWorker(worker)?.p99Ms),
  },
  {
    name: "errors",
    title: "Errors",
    number: true,
    spare: 1,
    by: (worker) => trafficOfWorker(worker)?.errorShare,
    cell: (worker) => <Errors share={trafficOfWorker(worker)?.errorShare} />,
  },
  {
    name: "delay",
    title: "Loop",
    number: true,
    spare: 2,
    by: (worker) => loadNow(worker).eventLoopDelayP99Ms,
    cell: (worker) => milliseconds(loadNow(worker).eventLoopDelayP99Ms),
  },
  {
    name: "busy",
    title: "Busy",
    number: true,
    spare: 3,
    by: (worker) => loadNow(worker).eventLoopUtilization,
    cell: (worker) => percent(loadNow(worker).eventLoopUtilization),
  },
  {
    name: "weight",
    title: "Weight",
    number: true,
    spare: 2,
    by: ({ weight }) => weight,
    cell: ({ weight }) => count(weight),
  },
  {
    name: "version",
    title: "Version",
    spare: 3,
    by: ({ version }) => version ?? "",
    cell: ({ version }) => <bdi>{foreign(version ?? "–", 24)}</bdi>,
  },
  {
    name: "zone",
    title: "Zone",
    spare: 3,
    by: ({ zone }) => zone ?? "",
    cell: ({ zone }) => <bdi>{foreign(zone ?? "–", 24)}</bdi>,
  },
  { name: "actions", title: "", cell: (worker) => <WorkerActions worker={worker} /> },
];

/** Service and id, and all else that it told of itself: strangers' texts, as text. */
function Name({ worker }: { worker: Worker }): ComponentChild {
  const metadata = Object.entries(worker.metadata).map(([name, value]) => `${name}: ${value}`);
  const told = [worker.address, ...worker.tags, ...metadata].map((text) => foreign(text)).join("\n");
  return (
    <a class="name" title={told} href={pathOf(worker)}>
      <bdi class="muted">{foreign(worker.service, 40)}</bdi>
      <span class="muted"> / </span>
      <bdi>{foreign(worker.id, 60)}</bdi>
    </a>
  );
}

function Errors({ share }: { share: number | undefined }): ComponentChild {
  return <span class={(share ?? 0) > 0 ? "bad" : ""}>{percent(share)}</span>;
}

function Age({ worker }: { worker: Worker }): ComponentChild {
  return <>{stateAge(worker, now.value)}</>;
}
