import type { WorkerView } from "../discovery.ts";

/** What it said last of its load; nothing of one that is gone, for that is of another time. */
export function loadNow({ state, load }: Pick<WorkerView, "state" | "load">): WorkerView["load"] {
  return state === "left" || state === "dead" ? {} : load;
}
