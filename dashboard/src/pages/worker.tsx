import type { ComponentChild } from "preact";
import type { LiveWorker } from "../../../src/protocol/live.ts";
import { count, decoded, foreign, milliseconds, percent } from "../format.ts";
import { keyOf, type Worker } from "../../../src/protocol/live/cluster.ts";
import { loadNow } from "../../../src/protocol/live/load-now.ts";
import { State, stateAge } from "../parts/state.tsx";
import { Ticker } from "../parts/ticker.tsx";
import { TimeLine } from "../parts/time-line.tsx";
import { WorkerActions } from "../parts/worker-actions.tsx";
import { page } from "../route.ts";
import { cluster, events, now, trafficOfWorker, useOlderEvents } from "../state.ts";

/** Where the page of a worker is. */
export function pathOf({ service, id }: Pick<LiveWorker, "service" | "id">): string {
  return `#/worker/${encodeURIComponent(service)}/${encodeURIComponent(id)}`;
}

/** One worker: what it told of itself, how it does, and everything that is known to have happened to it. */
export function OneWorker(): ComponentChild {
  const [service = "", id = ""] = page.value.split("/").slice(1).map(decoded);
  const worker = cluster.value?.workers.get(keyOf(service, id));
  useOlderEvents();
  const history = events.value.filter((event) => event.service === service && event.worker === id);
  return (
    <section class="page one">
      <div class="bar">
        <a href="#/workers">Workers</a>
        <h1>
          <bdi>{foreign(id, 120)}</bdi>
        </h1>
        {worker !== undefined && <State worker={worker} />}
        {worker !== undefined && <WorkerActions worker={worker} />}
      </div>
      {worker === undefined ? (
        <p class="empty">It is not registered: it never joined, or it is forgotten.</p>
      ) : (
        <Facts worker={worker} />
      )}
      <TimeLine worker={worker} events={history} />
      <h2>What happened to it</h2>
      <Ticker events={history} />
    </section>
  );
}

function Facts({ worker }: { worker: Worker }): ComponentChild {
  const traffic = trafficOfWorker(worker);
  const load = loadNow(worker);
  const facts: readonly [string, string | undefined][] = [
    ["Reason", worker.reason],
    ["In this state for", stateAge(worker, now.value)],
    ["Requests/s", count(traffic?.perSecond)],
    ["p99", milliseconds(traffic?.p99Ms)],
    ["Errors", percent(traffic?.errorShare)],
    ["In flight", load.inFlight === undefined ? undefined : count(load.inFlight)],
    [
      "Event loop delay",
      load.eventLoopDelayP99Ms === undefined ? undefined : milliseconds(load.eventLoopDelayP99Ms),
    ],
    ["Busy", load.eventLoopUtilization === undefined ? undefined : percent(load.eventLoopUtilization)],
    [
      "Memory",
      load.memoryBytes === undefined ? undefined : `${Math.round(load.memoryBytes / 1_048_576)} MiB`,
    ],
    ["Service", worker.service],
    ["Address", worker.address],
    ["Came by", worker.session ? "session" : worker.origin],
    ["Generation", String(worker.generation)],
    ["Weight", `${count(worker.weight)}${(worker.weightSet ?? null) === null ? "" : ", set by an operator"}`],
    ["Version", worker.version],
    ["Zone", worker.zone],
    ["Tags", worker.tags.join(", ") || undefined],
    ...Object.entries(worker.metadata),
  ];
  return (
    <dl class="facts panel">
      {facts.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{foreign(name, 64)}</dt>
            <dd>
              <bdi>{foreign(value, 300)}</bdi>
            </dd>
          </div>
        ),
      )}
    </dl>
  );
}
