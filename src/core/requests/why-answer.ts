import { awaitedTry, type Cause, hadMs } from "./cause.ts";
import { explainOverLimit } from "./over-limit.ts";
import type { RequestRecord, RequestTry } from "./record.ts";
import { retryWords } from "./retry-words.ts";
import { roomAdvice } from "./room-words.ts";
import { capital, duration, limit, type Words } from "./words.ts";

/** Causes in the answer of a worker. */
export function explainAnswer(cause: Cause, record: RequestRecord): Words | undefined {
  const last = record.tries.at(-1);
  const name = last === undefined ? "the worker" : `${record.service}/${last.worker}`;
  const detail = record.detail === undefined ? "" : ` (${record.detail})`;
  const decided = last === undefined ? "" : capital(retryWords(last));
  switch (cause) {
    case "bad-answer":
      return (
        explainOverLimit(name, record, decided) ?? {
          what: `What ${name} answered is not valid HTTP/1.1${detail}.`,
          rule: `An answer that can be read in two ways is not passed on. ${decided}.`,
          todo: "Correct the worker: doubled Content-Length, line feeds in fields, and Content-Length with chunks are the usual ones.",
        }
      );
    case "upgrade-refused":
      return {
        what: `${name} switched protocols without having been asked to.`,
        rule: "A 101 is passed on only where the client asked for that protocol and the route allows it (upgrades).",
        todo: "Correct the worker, or allow the protocol in the route's upgrades.",
      };
    case "reset-in-answer":
      return {
        what: `${name} ended the connection within its answer, after ${record.bytesOut} bytes of the body.`,
        rule: "The client has a part of the answer, so it cannot be repeated: its connection was cut, so that the part is not taken for the whole.",
        todo: "The worker crashed or was killed while it answered: look at its log. Without Content-Length or chunks it may also end connections by mistake.",
      };
    case "bad-answer-in-body":
      return {
        what: `The body of the answer of ${name} broke its framing${detail}, after ${record.bytesOut} bytes.`,
        rule: "The client's connection was cut, so that the part is not taken for the whole.",
        todo: "Correct the worker: its chunks, or what it says of the length, are wrong.",
      };
    case "worker-not-reading":
      return {
        what: `${name} neither read the request's body on nor said anything more of its answer for ${limit(record, "timeouts.stalledClient")}.`,
        rule: "A worker that holds up a client must read or answer.",
        todo: "Find what blocks the worker's handler; one that does not want a body should end its answer.",
      };
    case "worker-error":
      return {
        what: `${name} itself answered ${record.status}, ${duration((record.headMs ?? 0) - hadMs(last))} after it had the request. The gateway passed that on.`,
        rule: "A worker's own answer is passed on as it is, and never repeated.",
        todo: "Look at the worker's log for this request: it has the same x-request-id.",
      };
    default:
      return explainSlow(cause, record);
  }
}

function explainSlow(cause: Cause, record: RequestRecord): Words | undefined {
  const { headMs = 0, queuedMs, service, tries } = record;
  const awaited = awaitedTry(tries);
  const { worker, chosenMs = 0, sentMs = 0 } = awaited ?? {};
  const name = `${service}/${worker}`;
  const total = `The answer began after ${duration(headMs)}`;
  const rule = "Slow is what begins later than requests.slow.";
  switch (cause) {
    case "slow-queue":
      return {
        what: `${total}, of which the request waited ${duration(queuedMs)} for a worker of '${service}'.`,
        rule,
        todo: `Every worker was full or out: ${roomAdvice(record, undefined)}`,
      };
    case "slow-retries":
      return {
        what: `${total}, of which ${duration(chosenMs - queuedMs)} went to ${failedTries(tries)}.`,
        rule,
        todo: "The tries below say which workers failed and how.",
      };
    case "slow-connect":
      return {
        what: `${total}, of which connecting to ${name} took ${duration(sentMs - chosenMs)}.`,
        rule,
        todo: "The worker's accept queue is full (its event loop is busy), or packets are lost on the way.",
      };
    case "slow-upload":
      return {
        what: `${total}, of which ${duration(hadMs(awaited) - sentMs)} went by until ${name} had all of the request's ${record.bytesIn} bytes.`,
        rule: `${rule} What comes late of a body is not its worker's time.`,
        todo: "Usually the client's network, or a client that makes the body as it sends it; a worker that reads slowly looks the same.",
      };
    case "slow-worker":
      return {
        what: `${total}, of which ${tookFor(record, awaited)}.`,
        rule,
        todo: `Look at what the worker does for ${record.path}; \`skein ps -s ${service}\` shows its event-loop delay.`,
      };
    default:
      return undefined;
  }
}

/** How long the answer took from when it was first asked for; and who gave it, if somebody else did. */
function tookFor({ headMs = 0, service, tries }: RequestRecord, awaited: RequestTry | undefined): string {
  const last = tries.at(-1);
  const asked = `${service}/${awaited?.worker}`;
  const took = duration(headMs - hadMs(awaited));
  if (last === undefined || last === awaited)
    return `${asked} took ${took} from the request to its answer's head`;
  const beside = `a second try beside it, at ${service}/${last.worker}`;
  return `${asked} had the request for ${took} without answering; ${beside}, answered first`;
}

function failedTries(tries: readonly RequestTry[]): string {
  const failed = tries
    .slice(0, -1)
    .filter(({ outcome }) => outcome !== "overtaken")
    .map(({ worker, outcome }) => `${worker}: ${outcome}`);
  return `${failed.length === 1 ? "a try" : `${failed.length} tries`} that failed (${failed.join(", ")})`;
}
