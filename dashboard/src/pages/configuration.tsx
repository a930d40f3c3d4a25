import { signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import { useEffect } from "preact/hooks";
import type { ConfigReply } from "../../../src/protocol/discovery.ts";
import type { ConfigurationValue } from "../../../src/protocol/evaluation.ts";
import { foreign } from "../format.ts";
import { ask } from "../net/ask.ts";
import { type Column, Rows } from "../parts/rows.tsx";
import { events } from "../state.ts";

const reply = signal<ConfigReply | undefined>(undefined);
const filter = signal("");
const wrong = signal<string | undefined>(undefined);

function read(): void {
  wrong.value = undefined;
  ask<ConfigReply>("config").then(
    (told) => (reply.value = told),
    (error: unknown) => (wrong.value = error instanceof Error ? error.message : String(error)),
  );
}

export function Configuration(): ComponentChild {
  const configured = events.value.find(({ kind }) => kind === "configuration-changed")?.id;
  useEffect(read, [configured]);
  const { values = [], file = null, inForce = true } = reply.value ?? {};
  const wanted = filter.value.toLowerCase();
  const rows = values.filter(({ key, from }) => `${key} ${from}`.toLowerCase().includes(wanted));
  return (
    <section class="page">
      <div class="bar">
        <h1>Configuration</h1>
        <span class="muted">{file === null ? "no file" : foreign(file, 120)}</span>
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
        empty={values.length === 0 ? "The gateway was given its values by a program." : "No key fits."}
      />
    </section>
  );
}

const columns: readonly Column<ConfigurationValue>[] = [
  { name: "key", title: "Key", by: ({ key }) => key, cell: ({ key }) => <bdi>{foreign(key, 80)}</bdi> },
  { name: "value", title: "Value", cell: ({ value }) => <bdi>{foreign(value, 120)}</bdi> },
  { name: "from", title: "From", by: ({ from }) => from, cell: ({ from }) => <bdi>{foreign(from, 80)}</bdi> },
];
