import type { ComponentChild } from "preact";
import type { ServiceConsidered, WorkerConsidered } from "../../../src/protocol/requests.ts";
import { count, foreign, milliseconds } from "../format.ts";
import { type Column, Rows } from "./rows.tsx";

/** Who might have been chosen, as the proxy saw them. */
export function WorkersConsidered({ service }: { service: ServiceConsidered }): ComponentChild {
  const { workers, eligible, full, waiting, policy, shown } = service;
  return (
    <>
      <p class="muted">
        {eligible} of {workers} might be chosen (by {foreign(policy, 40)}), {full} of these were full,{" "}
        {waiting} requests waited
      </p>
      <Rows
        label="Workers considered"
        columns={columns}
        rows={shown}
        keyOf={({ worker }) => worker}
        empty="Too many requests failed at once to look at each."
      />
    </>
  );
}

const columns: readonly Column<WorkerConsidered>[] = [
  {
    name: "worker",
    title: "Worker",
    by: ({ worker }) => worker,
    cell: ({ worker }) => <bdi>{foreign(worker, 80)}</bdi>,
  },
  {
    name: "may",
    title: "Might be chosen",
    cell: ({ eligible }) => <span class={eligible ? "good" : "bad"}>{eligible ? "yes" : "no"}</span>,
  },
  { name: "state", title: "State", cell: ({ state }) => foreign(state, 40) },
  { name: "seen", title: "Seen by this proxy", spare: 1, cell: ({ seen }) => foreign(seen, 40) },
  {
    name: "flight",
    title: "In flight",
    number: true,
    spare: 1,
    cell: ({ inFlight, maxInFlight }) =>
      maxInFlight === undefined ? inFlight : `${inFlight} of ${maxInFlight}`,
  },
  {
    name: "limit",
    title: "Waiting, of the adaptive limit",
    number: true,
    spare: 3,
    cell: ({ adaptive }) => (adaptive === undefined ? "–" : `${adaptive.waiting} of ${adaptive.limit}`),
  },
  { name: "weight", title: "Weight", number: true, spare: 2, cell: ({ weight }) => count(weight) },
  {
    name: "latency",
    title: "Expected",
    number: true,
    cell: ({ latencyMs }) => (latencyMs === 0 ? "–" : milliseconds(latencyMs)),
  },
];
