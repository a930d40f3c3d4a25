import { type Cause, causeOf } from "./cause.ts";
import { explainAnswer } from "./why-answer.ts";
import { explainClient } from "./why-client.ts";
import { type Departed, explainDeserted } from "./why-deserted.ts";
import type { RequestRecord, RequestWhy } from "./record.ts";
import { explainService } from "./why-service.ts";
import { explainWorker } from "./why-worker.ts";
import { duration, type Words } from "./words.ts";

/**
 * Pure: the same record always comes to the same words. What is quoted of a request is whatever its client wrote. `departures`:
 * workers of its service that had gone by then, as far as they are known.
 */
export function explainRequest(record: RequestRecord, departures: readonly Departed[] = []): RequestWhy {
  const cause = causeOf(record);
  const words =
    explainDeserted(cause, record, departures) ??
    explainService(cause, record) ??
    explainWorker(cause, record) ??
    explainAnswer(cause, record) ??
    explainClient(cause, record);
  const { what, rule, todo } = words ?? explainRest(cause, record);
  return { cause, what, rule: rule === "" || rule.endsWith(".") ? rule : `${rule}.`, todo };
}

function explainRest(cause: Cause, { status, code, service, tries, headMs }: RequestRecord): Words {
  if (cause === "answered") {
    const worker = tries.at(-1)?.worker;
    const by = worker === undefined ? "by the gateway" : `by ${service}/${worker}`;
    return {
      what: `Answered with ${status} ${by} after ${duration(headMs ?? 0)}.`,
      rule: "Kept as a sample.",
      todo: "",
    };
  }
  return {
    what: `The gateway answered ${status} ${code ?? ""}.`,
    rule: "See docs/errors.md.",
    todo: "Look the code up in docs/errors.md.",
  };
}
