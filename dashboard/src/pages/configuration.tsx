import { signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import type { ConfigReply } from "../../../src/protocol/discovery.ts";
import type { ConfigurationValue } from "../../../src/protocol/evaluation.ts";
import { foreign } from "../format.ts";
import { type Column, Rows } from "../parts/rows.tsx";
import { emptyWords, newReading, useConfigured } from "../reading.ts";

const reading = newReading<ConfigReply>();
const { reply, wrong } = reading;
const filter = signal("");

export function Configuration(): ComponentChild {
  useConfigured("config", reading);
  const { values = [], file = null, inForce = true } = reply.value ?? {};
  const wanted = filter.value.toLowerCase();
  const rows = values.filter(({ key, from }) => `${key} ${from}`.toLowerCase().includes(wanted));
  return (
    <section class="page">
      <div class="bar">
        <h1>Configuration</h1>
        <span class="muted">
          {reply.value !== undefined && (file === null ? "no file" : foreign(file, 120))}
        </span>
        <label class="filter">
          <span class="unseen">Filter</span>
          <input
            type="search"
            placeholder="limits, default, SKEIN_"
            value={filter.value}
            onInput={(event) => (filter.value = event.currentTarget.value)}
          />
        </label>
      </div>
      {wrong.value !== undefined && (
        <p class="bad" role="alert">
          {foreign(wrong.value)}
        </p>
      )}
      {!inForce && (
        <p role="status">Another gateway's configuration is in force: its services and routes count.</p>
      )}
      <Rows
        label="Configuration"
        columns={columns}
        rows={rows}
        keyOf={({ key }) => key}
        empty={emptyWords(
          reading,
          values.length === 0 ? "The gateway was given its values by a program." : "No key fits.",
        )}
      />
    </section>
  );
}

const columns: readonly Column<ConfigurationValue>[] = [
  { name: "key", title: "Key", by: ({ key }) => key, cell: ({ key }) => <bdi>{foreign(key, 80)}</bdi> },
  { name: "value", title: "Value", cell: ({ value }) => <bdi>{foreign(value, 120)}</bdi> },
  { name: "from", title: "From", by: ({ from }) => from, cell: ({ from }) => <bdi>{foreign(from, 80)}</bdi> },
];
