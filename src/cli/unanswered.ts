import { problems } from "../protocol/problem.ts";
import { failsInTls, misunderstanding } from "../worker/misunderstanding.ts";
import { ControlProblem } from "./control-problem.ts";
import { Failure } from "./failure.ts";
import { stateHint } from "./state-hint.ts";

/** Nothing was sent: nobody listens there, there is no way, or no fetch goes to that port. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|bad port|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)/;

/** What is said where no answer came. Of a write that may have arrived nobody knows whether it was done, or will be. */
export function unanswered(method: string, url: string, error: unknown, withinMs: number): Failure {
  const reason = reasonOf(error, withinMs);
  if (method !== "GET" && !neverSent.test(reason) && !failsInTls(reason)) {
    return new ControlProblem(
      problems.outcomeUnknown.code,
      `${url} gave no answer (${reason}): what was asked may be done or not, and may still be done.
Look first (\`skein ps\`, \`skein events\`); repeat it only if it is not there.`,
    );
  }
  const wrong = misunderstanding(url, reason, "give the cluster's ca.pem by --ca or SKEIN_CA");
  if (wrong !== undefined) return new Failure(wrong);
  return new Failure(`no controller answers at ${url} (${reason}).
Start a gateway with \`skein up\`, or say where it is: --state <directory> or --control <address>.${stateHint(process.cwd())}`);
}

function reasonOf(error: unknown, withinMs: number): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  if (cause.name === "TimeoutError") return `no answer within ${withinMs / 1000} s`;
  return (cause as NodeJS.ErrnoException).code ?? cause.message;
}
