import { type Cause, hadMs } from "./cause.ts";
import type { RequestRecord } from "./record.ts";
import { retryWords } from "./retry-words.ts";
import { capital, duration, limit, type Words } from "./words.ts";

/** The key of what the client gave. */
const clientsTime = "x-skein-budget";

/** Causes on the way to a worker, and of a worker that gave no answer. */
export function explainWorker(cause: Cause, record: RequestRecord): Words | undefined {
  const last = record.tries.at(-1);
  const name = last === undefined ? "the worker" : `${record.service}/${last.worker}`;
  const decided = last === undefined ? "" : capital(retryWords(last)) + inTheEnd(record);
  switch (cause) {
    case "worker-refused":
      return {
        what: `${all(record)} refused the connection: nobody listens there.`,
        rule: decided,
        todo: "Is the process running, and does it listen at the address that it registered? `skein ps` shows the addresses.",
      };
    case "worker-untrusted":
      return {
        what: `${all(record)} did not show a certificate that can be trusted as a worker of '${record.service}'.`,
        rule: decided,
        todo: "The proxy's log names the fault. See the service's tls.ca and tls.name, and the worker's certificate.",
      };
    case "connect-timeout":
      return {
        what: `${all(record)} did not take a connection within ${limit(record, connectLimit(record))}.`,
        rule: decided,
        todo: "Can its address be reached from this host (firewall, host down)? A full accept queue looks the same: is the process stuck?",
      };
    case "no-means":
      return {
        what: `This host had no file, port or memory for a connection to ${all(record)}.`,
        rule: decided,
        todo: lacking(record),
      };
    case "worker-reset":
      return {
        what: `${name} ended the connection before it answered.`,
        rule: decided,
        todo: "The worker crashed, was killed, or closes connections: look at its log and exit code (`skein events`).",
      };
    case "outcome-unknown":
      return {
        what: `${name} was lost after ${record.method} had been sent to it: whether it was carried out is not known.`,
        rule: decided,
        todo: "Look at the worker's log before the request is repeated. Where a repetition is harmless, use PUT, or a key by which the service knows repetitions.",
      };
    case "head-timeout":
      return explainHeadTimeout(name, record, decided);
    default:
      return undefined;
  }
}

/** Whoever's time was over first. */
function explainHeadTimeout(name: string, record: RequestRecord, decided: string): Words {
  const { limits = {}, tookMs, route, service } = record;
  const { [clientsTime]: clientsMs = Infinity } = limits;
  const what = `${name} had the request${sentAfter(record)} and did not begin an answer within`;
  const todo = `Find what blocks the worker (its load and event-loop delay: \`skein ps -s ${service}\`), or`;
  if (tookMs >= clientsMs)
    return {
      what: `${what} the time that the client gave (${limit(record, clientsTime)}).`,
      rule: `${decided}. An answer that its client does not wait for is not waited for.`,
      todo: `${todo} give more time at the client.`,
    };
  return {
    what: `${what} ${limit(record, "route.timeout")}.`,
    rule: `${decided}. The route's timeout is for the head of the answer.`,
    todo: `${todo} raise timeout of route '${route}'.`,
  };
}

function lacking({ detail = "" }: RequestRecord): string {
  if (detail !== "") return `${capital(detail)}.`;
  return "The proxy's log says what was lacking: raise the limit of files (`ulimit -n`, LimitNOFILE=) or widen the range of ports.";
}

/** It was worth waiting for another worker, and none came. */
function inTheEnd(record: RequestRecord): string {
  if (record.code !== "no-live-worker") return "";
  return `. With none left it waited (${limit(record, "timeouts.noWorkerWait")}), then 503 no-live-worker`;
}

/** Whichever was over first. */
function connectLimit({ limits = {} }: RequestRecord): string {
  const { "route.timeout": routeMs = Infinity, "timeouts.connect": connectMs = Infinity } = limits;
  return routeMs < connectMs ? "route.timeout" : "timeouts.connect";
}

function all({ service, tries }: RequestRecord): string {
  const names = [...new Set(tries.map(({ worker }) => `${service}/${worker}`))];
  return names.length === 0 ? "The worker" : names.join(", ");
}

function sentAfter({ tries }: RequestRecord): string {
  const last = tries.at(-1);
  return last?.sentMs === undefined ? "" : ` (sent ${duration(hadMs(last))} after it came)`;
}
