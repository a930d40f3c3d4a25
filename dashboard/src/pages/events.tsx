import { signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import type { ClusterEvent } from "../../../src/protocol/events.ts";
import { noneAmong } from "../event-words.ts";
import { foreign } from "../format.ts";
import { type Column, Rows } from "../parts/rows.tsx";
import { Time } from "../parts/time.tsx";
import { toneOf } from "../parts/ticker.tsx";
import { cluster, events, useOlderEvents } from "../state.ts";

const filter = signal("");

export function Events(): ComponentChild {
  useOlderEvents();
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = events.value.filter((event) => {
    const text = `${event.kind} ${event.service ?? ""} ${event.worker ?? ""} ${event.message}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return (
    <section class="page">
      <div class="bar">
        <h1>Events</h1>
        <span class="muted">the last {shown.length}</span>
        <label class="filter">
          <span class="unseen">Filter</span>
          <input
            type="search"
            placeholder="Filter: kind, worker, words"
            value={filter.value}
            onInput={(event) => (filter.value = event.currentTarget.value)}
          />
        </label>
      </div>
      <Rows
        label="Events"
        columns={columns}
        rows={shown}
        keyOf={({ id }) => String(id)}
        empty={
          events.value.length === 0
            ? noneAmong([], cluster.value?.lastEventId ?? 0)
            : "No event fits the filter."
        }
      />
    </section>
  );
}

const columns: readonly Column<ClusterEvent>[] = [
  { name: "at", title: "Time", by: ({ id }) => id, cell: ({ at }) => <Time at={at} /> },
  {
    name: "kind",
    title: "Kind",
    by: ({ kind }) => kind,
    cell: (event) => <span class={`kind ${toneOf(event)}`}>{event.kind}</span>,
  },
  {
    name: "message",
    title: "What happened",
    cell: ({ message }) => <bdi title={foreign(message, 500)}>{foreign(message)}</bdi>,
  },
  { name: "term", title: "Term", number: true, spare: 1, cell: ({ term }) => term },
];
