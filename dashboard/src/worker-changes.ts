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
  const before = worker.weightSet ?? null;
  return {
    title: "Set the weight",
    subject: subjectOf(worker),
    effect: `Its share of the requests, beside the other workers of its service. ${
      before === null ? "It has its own." : "An operator set it: it holds until it is its own again."
    }`,
    verb: "Set weight",
    weight: worker.weight,
    apply: (weight) => void setWeight(worker, weight, before),
    ...(before === null
      ? {}
      : { other: { verb: "Its own weight", apply: () => void setWeight(worker, null, before) } }),
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

/** Null: its own, as it tells it. `before`: what was set, so that undoing leaves nothing behind. */
async function setWeight(worker: Worker, weight: number | null, before: number | null): Promise<void> {
  const name = foreign(`${worker.service}/${worker.id}`, 60);
  await change(
    pathOf(worker, "weight"),
    { weight },
    {
      text: weight === null ? `${name} has its own weight` : `${name} has weight ${weight}`,
      undo: () => setWeight(worker, before, weight),
    },
  );
}

function pathOf({ service, id }: Worker, verb: string): string {
  return `workers/${encodeURIComponent(id)}/${verb}?service=${encodeURIComponent(service)}`;
}

function subjectOf({ service, id }: Worker): string {
  return `${service} / ${id}`;
}
