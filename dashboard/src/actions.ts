import { signal } from "@preact/signals";
import { outcomeOf } from "./net/write.ts";
import { token } from "./token.ts";

/** A change that an operator thinks of: shown in a dialog until confirmed. */
export interface Question {
  title: string;
  /** What it is about; a stranger's text. */
  subject: string;
  effect: string;
  verb: string;
  /** The number that it sets, as it is now; unset: it sets none. */
  weight?: number;
  apply(weight: number): void;
  /** What else may be done in its place. */
  other?: { verb: string; apply(): void };
}

export interface Notice {
  text: string;
  failed: boolean;
  undo?: () => Promise<void>;
}

export const asked = signal<Question | undefined>(undefined);
export const notice = signal<Notice | undefined>(undefined);

const noticeMs = 10_000;
let hiding: ReturnType<typeof setTimeout> | undefined;
/** Somebody is about to answer the notice: with the keyboard, or with the pointer. */
const heldBy = { focus: false, pointer: false };

export function tell(fresh: Notice | undefined): void {
  notice.value = fresh;
  if (fresh === undefined) Object.assign(heldBy, { focus: false, pointer: false });
  hideLater();
}

/** A notice does not go away under who has its focus or points at it. */
export function holdNotice(by: keyof typeof heldBy, held: boolean): void {
  heldBy[by] = held;
  hideLater();
}

function hideLater(): void {
  clearTimeout(hiding);
  if (notice.value === undefined || heldBy.focus || heldBy.pointer) return;
  hiding = setTimeout(() => tell(undefined), noticeMs);
}

/** Changes something, and tells what came of it. False: it was not done, or nobody knows. */
export async function change(path: string, body: object, done: Omit<Notice, "failed">): Promise<boolean> {
  const outcome = await outcomeOf((signal) =>
    fetch(`../v1/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token.value ?? ""}` },
      body: JSON.stringify(body),
      signal,
    }),
  );
  tell(outcome.kind === "done" ? { ...done, failed: false } : { text: outcome.why, failed: true });
  return outcome.kind === "done";
}
