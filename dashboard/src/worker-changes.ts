import type { Worker } from "../../src/protocol/live/cluster.ts";
import { change, type Question } from "./actions.ts";
import { foreign } from "./format.ts";

export function drainQuestion(worker: Worker, on: boolean): Question {
  return {
    title: on ? "Drain this worker?" : "Let this worker serve again?",
    subject: subjectOf(worker),
    effect: on
      ? "It finishes what is in flight and gets nothing new, until it is undrained."
      : "It gets requests again, as soon as it is live.",
    verb: on ? "Drain" : "Undrain",
    apply: () => void setDrain(worker, on),
  };
}

export function weightQuestion(worker: Worker): Question {
  return {
    title: "Set the weight",
    subject: subjectOf(worker),
    effect: "Its share of the requests, beside the other workers of its service.",
    verb: "Set weight",
    weight: worker.weight,
    apply: (weight) => void setWeight(worker, weight, worker.weight),
  };
}

async function setDrain(worker: Worker, on: boolean): Promise<void> {
  const name = foreign(`${worker.service}/${worker.id}`, 60);
  await change(
    pathOf(worker, on ? "drain" : "undrain"),
    {},
    {
      text: on ? `${name} drains` : `${name} serves again`,
      undo: () => setDrain(worker, !on),
    },
  );
}

async function setWeight(worker: Worker, weight: number | null, before: number): Promise<void> {
  const name = foreign(`${worker.service}/${worker.id}`, 60);
  await change(
    pathOf(worker, "weight"),
    { weight },
    {
      text: `${name} has weight ${weight ?? "as it told"}`,
      undo: () => setWeight(worker, before, weight ?? before),
    },
  );
}

function pathOf({ service, id }: Worker, verb: string): string {
  return `workers/${encodeURIComponent(id)}/${verb}?service=${encodeURIComponent(service)}`;
}

function subjectOf({ service, id }: Worker): string {
  return `${service} / ${id}`;
}
