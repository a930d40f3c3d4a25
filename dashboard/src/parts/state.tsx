import type { ComponentChild } from "preact";
import type { LiveWorker } from "../../../src/protocol/live.ts";
import type { Worker } from "../../../src/protocol/live/cluster.ts";
import { age } from "../format.ts";

/** A state as a word with its colour: never by the colour alone. */
export function State({ worker }: { worker: Pick<LiveWorker, "state" | "cause"> }): ComponentChild {
  return (
    <span class={`state ${worker.state}`}>
      <i aria-hidden="true" />
      {worker.state === "suspect" ? (worker.cause ?? "suspect") : worker.state}
    </span>
  );
}

/** For how long it has been so; `>8s` where nobody saw it begin. */
export function stateAge(worker: Pick<Worker, "since" | "stateForAtLeast">, now: number): string {
  return `${worker.stateForAtLeast === true ? ">" : ""}${age(now - worker.since)}`;
}
