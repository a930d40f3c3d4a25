import { signal } from "@preact/signals";
import type { Worker } from "../../src/protocol/live/cluster.ts";
import { foreign } from "./format.ts";
import { token } from "./token.ts";

/** A change that an operator thinks of: shown in a dialog until confirmed. */
export type Change =
  | { kind: "drain"; worker: Worker }
  | { kind: "undrain"; worker: Worker }
  | { kind: "weight"; worker: Worker };

export interface Notice {
  text: string;
  failed: boolean;
  undo?: () => Promise<void>;
}

export const asked = signal<Change | undefined>(undefined);
export const notice = signal<Notice | undefined>(undefined);

const noticeMs = 10_000;
let hiding: ReturnType<typeof setTimeout> | undefined;

function tell(fresh: Notice): void {
  notice.value = fresh;
  clearTimeout(hiding);
  hiding = setTimeout(() => (notice.value = undefined), noticeMs);
}

export async function setDrain(worker: Worker, on: boolean): Promise<void> {
  const name = foreign(`${worker.service}/${worker.id}`, 60);
  await change(worker, on ? "drain" : "undrain", {}, on ? `${name} drains` : `${name} serves again`, () =>
    setDrain(worker, !on),
  );
}

export async function setWeight(worker: Worker, weight: number | null, before: number): Promise<void> {
  const name = foreign(`${worker.service}/${worker.id}`, 60);
  const text = `${name} has weight ${weight ?? "as it told"}`;
  await change(worker, "weight", { weight }, text, () => setWeight(worker, before, weight ?? before));
}

async function change(
  { service, id }: Worker,
  verb: string,
  body: object,
  done: string,
  undo: () => Promise<void>,
): Promise<void> {
  const path = `../v1/workers/${encodeURIComponent(id)}/${verb}?service=${encodeURIComponent(service)}`;
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token.value ?? ""}` },
      body: JSON.stringify(body),
    });
    if (answer.ok) return tell({ text: done, failed: false, undo });
    const problem = (await answer.json()) as { title?: string; detail?: string };
    tell({ text: problem.detail ?? problem.title ?? `refused: ${answer.status}`, failed: true });
  } catch {
    tell({
      text: "No controller answered. Nothing was changed, as far as is known: look, then try again.",
      failed: true,
    });
  }
}
