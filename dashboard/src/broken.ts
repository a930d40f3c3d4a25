import { signal } from "@preact/signals";
import type { DemoFault, DemoReply } from "../../src/protocol/demo.ts";
import { change, type Question } from "./actions.ts";
import { ask } from "./net/ask.ts";

/** What the demo can break, and what came of it. */
export const broken = signal<DemoReply | undefined>(undefined);
/** Why it is not known. */
export const unheard = signal<string | undefined>(undefined);

const everyMs = 400;

/** Asks again and again until the end that it returns is called. */
export function watchBroken(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const abort = new AbortController();
  const look = async (): Promise<void> => {
    try {
      broken.value = await ask<DemoReply>("demo", abort.signal);
      unheard.value = undefined;
    } catch (error) {
      unheard.value = error instanceof Error ? error.message : String(error);
    }
    if (!abort.signal.aborted) timer = setTimeout(() => void look(), everyMs);
  };
  void look();
  return () => {
    abort.abort();
    clearTimeout(timer);
  };
}

export function breakQuestion(fault: DemoFault, worker: string | undefined): Question {
  return {
    title: worker === undefined ? `${fault.verb}?` : `${fault.verb} this worker?`,
    subject: worker ?? "of the gateway",
    effect: fault.effect,
    verb: fault.verb,
    apply: () => void breakIt(fault, worker),
  };
}

async function breakIt(fault: DemoFault, worker: string | undefined): Promise<void> {
  const text = worker === undefined ? `${fault.verb}: done` : `${fault.verb} ${worker}: done`;
  const undo = fault.undo === undefined ? {} : { undo: heal };
  await change(
    "demo/faults",
    { fault: fault.name, ...(worker === undefined ? {} : { worker }) },
    { text, ...undo },
  );
}

export async function heal(): Promise<void> {
  await change("demo/heal", {}, { text: "Undone" });
}
