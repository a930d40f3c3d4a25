import type { RequestTry } from "./record.ts";

const words: Record<NonNullable<RequestTry["rule"]>, string> = {
  "never-sent": "nothing had been written to the worker, so another one was tried (each once, not counted)",
  unstarted: "the worker had not begun with it, so another one was tried",
  idempotent: "it may be repeated, so another worker was tried",
  "answer-began": "not repeated: a part of an answer had come",
  "not-repeated-after-this": "not repeated: an answer that is late or invalid is not asked for again",
  "body-gone": "not repeated: its body was too large to be held (limits.replayBody)",
  "no-other-worker": "not repeated: no other worker was left",
  deadline: "not repeated: its time was over",
  "retries-used": "not repeated: it had been repeated as often as allowed",
  "route-forbids": "not repeated: its route says `retry: false`",
  "repeated-before": "not repeated: it came as a repetition, made by a hop before this one",
  "not-idempotent": "not repeated: its method is not idempotent, and the worker may have begun with it",
  "budget-empty": "not repeated: the service's retry budget was used up (retryBudget)",
};

/** Which rule decided after a failed try; empty: none had to. */
export function retryWords({ rule }: RequestTry): string {
  return rule === undefined ? "" : words[rule];
}
