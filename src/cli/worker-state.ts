import type { WorkerView } from "../protocol/discovery.ts";

type State = Pick<WorkerView, "state" | "cause">;

export function stateText({ state, cause }: State): string {
  return cause === undefined ? state : `${state}: ${cause}`;
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
