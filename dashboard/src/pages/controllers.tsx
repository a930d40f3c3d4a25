import type { ComponentChild } from "preact";
import type { ControllerView } from "../../../src/protocol/discovery.ts";
import { foreign } from "../format.ts";
import { type Column, Rows } from "../parts/rows.tsx";
import { Ticker } from "../parts/ticker.tsx";
import { cluster, events, useOlderEvents } from "../state.ts";

export function Controllers(): ComponentChild {
  const { controllers, term, leader } = cluster.value?.controllers ?? {
    controllers: [],
    term: 0,
    leader: null,
  };
  useOlderEvents();
  const reigns = events.value.filter(({ kind }) => kind === "leader-elected" || kind === "leader-resigned");
  return (
    <section class="page">
      <div class="bar">
        <h1>Controllers</h1>
        <span class="muted">
          term {term}, {leader === null ? "nobody leads" : `${foreign(leader)} leads`}
        </span>
      </div>
      <Rows
        label="Controllers"
        columns={columns}
        rows={controllers}
        keyOf={({ instance }) => instance}
        empty="No controller."
      />
      <h2>Who led when, and why it changed</h2>
      <Ticker events={reigns} />
    </section>
  );
}

const columns: readonly Column<ControllerView>[] = [
  {
    name: "name",
    title: "Controller",
    by: ({ name }) => name,
    cell: ({ name, self }) => (
      <>
        <bdi>{foreign(name)}</bdi>
        {self && <span class="flag">answers this page</span>}
      </>
    ),
  },
  {
    name: "role",
    title: "Role",
    by: ({ role }) => role,
    cell: ({ role }) => <span class={`role ${role}`}>{role}</span>,
  },
  { name: "term", title: "Term", number: true, by: ({ term }) => term, cell: ({ term }) => term },
  { name: "url", title: "Own address", spare: 1, cell: ({ url }) => <bdi>{foreign(url)}</bdi> },
  {
    name: "instance",
    title: "Instance",
    spare: 2,
    cell: ({ instance }) => <code>{foreign(instance, 40)}</code>,
  },
];
