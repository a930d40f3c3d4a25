import type { ComponentChild } from "preact";
import type { ClusterEvent } from "../../../src/protocol/events.ts";
import type { Worker } from "../../../src/protocol/live/cluster.ts";
import { age } from "../format.ts";
import { rangeMs } from "../range.ts";
import { cluster, now } from "../state.ts";
import { spansByHost, timeIn } from "../state-spans.ts";
import { Range } from "./range.tsx";

/** In which state a worker was when: as a line, and as words. `events`: its own. */
export function TimeLine(props: {
  worker: Worker | undefined;
  events: readonly ClusterEvent[];
}): ComponentChild {
  const reader = { now: now.value, aheadMs: cluster.value?.aheadMs ?? 0 };
  const spans = spansByHost(props.events, props.worker, reader, rangeMs.value);
  const words = timeIn(spans).map(({ state, ms }) => `${state} ${age(ms)}`);
  return (
    <div class="panel time-line">
      <div class="bar">
        <h2>Its states</h2>
        <Range />
      </div>
      <span class="stack" aria-hidden="true">
        {spans.map(({ state = "unknown", from, until: end }) => (
          <i
            key={from}
            class={state}
            style={{ flexGrow: end - from }}
            title={`${state} ${age(end - from)}`}
          />
        ))}
      </span>
      <p class="muted">{words.join(", ") || "nothing is known of that time"}</p>
    </div>
  );
}
