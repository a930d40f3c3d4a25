import type { RequestRecord, RequestTry, TryOutcome } from "./record.ts";

/** Why no worker could be chosen, which all ends as the answer `no-live-worker`. */
const absences = [
  "no-worker",
  "workers-draining",
  "workers-weightless",
  "workers-out",
  "workers-tried",
] as const;

const messageCauses = [
  "bad-request",
  "bad-framing",
  "bad-host",
  "bad-path",
  "method-refused",
  "plain-http",
  "scheme-refused",
  "misdirected",
  "target-too-long",
  "head-too-large",
  "expectation-failed",
  "coding-unknown",
  "version-refused",
  "body-too-large",
  "head-too-slow",
  "body-too-slow",
] as const;

const gatewayCauses = [
  "no-route",
  "not-ready",
  "queue-full",
  "queue-timeout",
  "displaced",
  "rate-limited",
  "deadline-passed",
  "too-many-connections",
  "gateway-stopped",
  "internal",
] as const;

const workerCauses = [
  "worker-refused",
  "worker-untrusted",
  "connect-timeout",
  "no-means",
  "worker-reset",
  "outcome-unknown",
  "head-timeout",
  "bad-answer",
  "upgrade-refused",
  "reset-in-answer",
  "bad-answer-in-body",
  "worker-not-reading",
  "worker-error",
] as const;

const clientCauses = ["client-gone", "client-stalled"] as const;

const slowCauses = ["slow-queue", "slow-retries", "slow-connect", "slow-upload", "slow-worker"] as const;

/** Every cause that is told apart. `refused` stands for codes of answers that are newer than this list. */
export const causes = [
  ...gatewayCauses,
  ...absences,
  ...workerCauses,
  ...messageCauses,
  ...clientCauses,
  ...slowCauses,
  "answered",
  "refused",
] as const;

export type Cause = (typeof causes)[number];

const known: ReadonlySet<string> = new Set(causes);

export function isMessageCause(cause: Cause): boolean {
  return (messageCauses as readonly Cause[]).includes(cause);
}

/** The one thing that decided what became of this request. */
export function causeOf(record: RequestRecord): Cause {
  switch (record.end) {
    case "own":
      return causeOfOwn(record);
    case "cut":
      return causeOfCut(record);
    case "client-gone":
    case "client-stalled":
      return record.end;
    case "stopped":
      return "gateway-stopped";
    case "whole":
      if (record.status >= 500) return "worker-error";
      return record.kept === "slow" ? causeOfSlowness(record) : "answered";
  }
}

function causeOfOwn(record: RequestRecord): Cause {
  const { code = "" } = record;
  if (code === "no-live-worker") return causeOfAbsence(record);
  return record.status < 400 ? "answered" : causeOfCode(code, record);
}

function causeOfCode(code: string, { method, tries }: RequestRecord): Cause {
  if (code === "connect-timeout" && tries.at(-1)?.outcome === "no-means") return "no-means";
  if (code === "request-timeout") return method === "" ? "head-too-slow" : "body-too-slow";
  return known.has(code) ? (code as Cause) : "refused";
}

/** What became of the tries says more than that nobody was left in the end. */
const failedTries: Partial<Record<TryOutcome, Cause>> = {
  refused: "worker-refused",
  untrusted: "worker-untrusted",
  "connect-timeout": "connect-timeout",
  "no-means": "no-means",
};

function causeOfAbsence({ workers, tries }: RequestRecord): Cause {
  const last = tries.at(-1);
  if (last !== undefined) return failedTries[last.outcome] ?? "workers-tried";
  if (workers === undefined) return "workers-out";
  if (workers.workers === 0) return "no-worker";
  if (workers.draining === workers.workers) return "workers-draining";
  if (workers.eligible > 0) return "workers-tried";
  return workers.out === 0 && workers.weightless > 0 ? "workers-weightless" : "workers-out";
}

function causeOfCut(record: RequestRecord): Cause {
  const { code, tries } = record;
  // Without one it was the worker's doing.
  if (code !== undefined) return causeOfCode(code, record);
  const last = tries.at(-1);
  if (last?.outcome === "bad-answer") return "bad-answer-in-body";
  return last?.outcome === "not-reading" ? "worker-not-reading" : "reset-in-answer";
}

/**
 * The try with which the wait for the answer began: the last one, or of several beside each other the first. That it was
 * overtaken is no failure, and the time until then is its worker's.
 */
export function awaitedTry(tries: readonly RequestTry[]): RequestTry | undefined {
  let at = tries.length - 1;
  let first = tries[at];
  while (at > 0 && tries[at - 1]?.outcome === "overtaken") {
    at -= 1;
    const beside = tries[at];
    if (beside !== undefined && first !== undefined && beside.chosenMs < first.chosenMs) first = beside;
  }
  return first;
}

/** Since when the worker had all that it was to get before it answered. */
export function hadMs({
  chosenMs = 0,
  sentMs = chosenMs,
  wholeMs = sentMs,
}: Partial<RequestTry> = {}): number {
  return wholeMs;
}

/** Where most of the time went until the answer began. */
export function causeOfSlowness({
  queuedMs,
  headMs = 0,
  tries,
}: Pick<RequestRecord, "queuedMs" | "headMs" | "tries">): Cause {
  const awaited = awaitedTry(tries);
  if (awaited === undefined) return "slow-queue";
  const { chosenMs, sentMs = chosenMs } = awaited;
  const parts: [Cause, number][] = [
    ["slow-worker", headMs - hadMs(awaited)],
    ["slow-upload", hadMs(awaited) - sentMs],
    ["slow-connect", sentMs - chosenMs],
    ["slow-queue", queuedMs],
    ["slow-retries", chosenMs - queuedMs],
  ];
  return parts.reduce((most, part) => (part[1] > most[1] ? part : most))[0];
}
