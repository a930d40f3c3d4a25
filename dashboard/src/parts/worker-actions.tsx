import type { ComponentChild } from "preact";
import { asked } from "../actions.ts";
import { foreign } from "../format.ts";
import type { Worker } from "../../../src/protocol/live/cluster.ts";
import { cluster } from "../state.ts";
import { drainQuestion, weightQuestion } from "../worker-changes.ts";

/** What an operator may do with a worker; without the token the buttons say why they do nothing. */
export function WorkerActions({ worker }: { worker: Worker }): ComponentChild {
  const off = cluster.value?.operator !== true;
  const drains = worker.desired === "drain";
  const left = worker.state === "left";
  const why = off
    ? "Read-only: open the login link that skein printed"
    : left
      ? "It has left: when it joins again, it can be drained or weighted"
      : undefined;
  const name = foreign(worker.id, 60);
  return (
    <span class="actions">
      <button
        type="button"
        disabled={off || (left && !drains)}
        title={drains && !off ? undefined : why}
        aria-label={`${drains ? "Undrain" : "Drain"} ${name}`}
        onClick={() => (asked.value = drainQuestion(worker, !drains))}
      >
        {drains ? "Undrain" : "Drain"}
      </button>
      <button
        type="button"
        class="spare-1"
        disabled={off || left}
        title={why}
        aria-label={`Weight of ${name}`}
        onClick={() => (asked.value = weightQuestion(worker))}
      >
        Weight
      </button>
    </span>
  );
}
