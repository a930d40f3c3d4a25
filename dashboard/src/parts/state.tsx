import type { ComponentChild } from "preact";
import type { LiveWorker } from "../../../src/protocol/live.ts";

/** A state as a word with its colour: never by the colour alone. */
export function State({ worker }: { worker: Pick<LiveWorker, "state" | "cause"> }): ComponentChild {
  return (
    <span class={`state ${worker.state}`}>
      <i aria-hidden="true" />
      {worker.state === "suspect" ? (worker.cause ?? "suspect") : worker.state}
    </span>
  );
}
