import type { WorkerView } from "../protocol/discovery.ts";
import { shortAge } from "./table.ts";

type State = Pick<WorkerView, "state" | "cause">;

export function stateText({ state, cause }: State): string {
  return cause === undefined ? state : `${state}: ${cause}`;
}

/** For how long it has been so; `>61s` where nobody saw it begin. */
export function stateAge({
  stateForMs,
  stateForAtLeast,
}: Pick<WorkerView, "stateForMs" | "stateForAtLeast">): string {
  return `${stateForAtLeast === true ? ">" : ""}${shortAge(stateForMs)}`;
}

export function stateColour({ state }: Pick<State, "state">): "green" | "yellow" | "red" | "dim" {
  switch (state) {
    case "live":
      return "green";
    case "suspect":
      return "yellow";
    case "dead":
      return "red";
    case "draining":
    case "left":
      return "dim";
  }
}
