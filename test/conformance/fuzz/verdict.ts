/**
 * What comes of comparing two readers of the same bytes. Ours may refuse what llhttp takes only by a choice that is
 * on the written list (choices.ts), and may never take what llhttp refuses or reads otherwise, but for the
 * exceptions that are written where they are allowed.
 */
export type Verdict =
  | { kind: "same" }
  /** Ours refuses, saying this. */
  | { kind: "stricter"; detail: string }
  | { kind: "difference"; what: string };

export const same: Verdict = { kind: "same" };

export function difference(what: string): Verdict {
  return { kind: "difference", what };
}
