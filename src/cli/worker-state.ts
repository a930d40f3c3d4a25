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

/** What it said last of its load; nothing of one that is gone, for that is of another time. */
export function loadNow({ state, load }: Pick<WorkerView, "state" | "load">): WorkerView["load"] {
  return state === "left" || state === "dead" ? {} : load;
}
