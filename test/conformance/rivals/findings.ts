/**
 * What one gateway made of one case, in few words, and as a key by which gateways can be told to have done the same.
 * Details that say nothing about safety or meaning (which 4xx, which framing to the worker) are not in the key.
 */
import type { FieldExpectation } from "../cases/case.ts";
import type { SeenAnswer } from "../stage/plain-answers.ts";
import type { SeenRequest } from "../stage/plain-requests.ts";
import { type Field, valuesOf } from "../stage/plain-text.ts";
import { type Outcome, ownAnswer } from "./observe.ts";

export interface Finding {
  text: string;
  key: string;
}

const shownMax = 60;

function shortened(text: string): string {
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}…`;
}

function code(text: string): string {
  return `\`${shortened(JSON.stringify(text).slice(1, -1)).replaceAll("`", "'").replaceAll("|", "¦")}\``;
}

/** `forwarded`: what must and must not arrive at the worker. */
export function requestFinding(outcome: Outcome, forwarded: FieldExpectation = {}): Finding {
  const whole = outcome.worker.filter((request) => request.whole);
  const faults = [...nextFault(outcome), ...outcome.odd.map((odd) => `forwards ${code(odd)}`)];
  if (whole.length > 0) {
    faults.push(...fieldFaults(whole[0]!.fields, forwarded));
    const key = JSON.stringify([whole.map(({ method, target, body }) => [method, target, body]), faults]);
    return { text: [`forwards ${whole.map(showShort).join(", then ")}`, ...faults].join("; "), key };
  }
  const own = answeredHere(outcome);
  return { text: [own, ...faults].join("; "), key: JSON.stringify([ownKey(outcome), faults]) };
}

export function answerFinding(outcome: Outcome, answered: FieldExpectation = {}): Finding {
  const { answers, rest } = outcome.client;
  const final = answers.at(-1);
  const faults = nextFault(outcome);
  if (final !== undefined && final.status < 500) faults.push(...fieldFaults(final.fields, answered));
  const shown = answers.map(showAnswer);
  if (rest !== "") shown.push(code(rest));
  if (outcome.client.odd !== "") shown.push(`not plain: ${code(outcome.client.odd)}`);
  const text = shown.length === 0 ? `no answer, ${outcome.state}` : shown.join(", ");
  const key = JSON.stringify([answers.map(answerKey), rest, outcome.client.odd, faults]);
  return { text: [text, ...faults].join("; "), key };
}

function showShort({ method, target, body }: SeenRequest): string {
  return code(`${method} ${target}${body === "" ? "" : ` (${body.length} bytes)`}`);
}

function showAnswer({ status, body, whole, fields }: SeenAnswer): string {
  const [reason] = valuesOf(fields, "x-skein-reason");
  const said = reason ?? (status < 400 && body !== "" ? code(body) : "");
  return `${status}${said === "" ? "" : ` ${said}`}${whole ? "" : " cut"}`;
}

function answerKey({ status, body, whole }: SeenAnswer): unknown {
  return status >= 500 ? "refused" : [status, status >= 400 ? "" : body, whole];
}

function answeredHere({ client, state, worker }: Outcome): string {
  const part = worker.length > 0 ? ", part was forwarded" : "";
  if (client.answers.length > 0) return client.answers.map(showAnswer).join(", ") + part;
  return (state === "open" ? "waits for more" : "closes without a word") + part;
}

function ownKey({ client, state }: Outcome): string {
  const last = client.answers.at(-1);
  if (last === undefined) return state === "open" ? "waits" : "refuses";
  return last.status >= 400 ? "refuses" : `answers ${last.status}`;
}

function nextFault({ next }: Outcome): string[] {
  return next === ownAnswer ? [] : [`**somebody else's request gets ${next}**`];
}

/** Only what every gateway could do: not what ours adds under names of its own. */
function fieldFaults(fields: readonly Field[], { has = [], lacks = [] }: FieldExpectation): string[] {
  const lines = fields.map(([name, value]) => `${name.toLowerCase()}: ${value}`);
  const names = new Set(fields.map(([name]) => name.toLowerCase()));
  const kept = lacks.filter((unwanted) => names.has(unwanted) || lines.includes(unwanted.toLowerCase()));
  const lost = has.filter((line) => !isOurs(line) && !lines.some((own) => sameLine(own, line)));
  return [...kept.map((name) => `keeps ${code(name)}`), ...lost.map((line) => `without ${code(line)}`)];
}

function sameLine(own: string, wanted: string): boolean {
  const colon = wanted.indexOf(":");
  return own === wanted.slice(0, colon).toLowerCase() + wanted.slice(colon);
}

function isOurs(line: string): boolean {
  return /^(via|x-forwarded-\w+|forwarded|x-request-id|allow|connection|upgrade):/i.test(line);
}
