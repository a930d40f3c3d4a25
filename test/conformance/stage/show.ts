/**
 * What one side saw, as one line: the form in which cases say what they expect.
 *
 *     client:  400 bad-framing, closed          an answer of the gateway itself, by its code
 *              200 "GET /a", open               an answer of the worker, with its body
 *              103, 200 "x" + X-Sum: 1, open    with trailers
 *              200 "hal"..., reset              an answer that was cut
 *     worker:  POST /p length "hello"           method, target, framing, body
 *              POST /p chunked "hel"...         its end has not come
 */
import type { ConnectionState, SeenAnswer, SeenAnswers } from "./plain-answers.ts";
import type { SeenRequest } from "./plain-requests.ts";
import { valuesOf } from "./plain-text.ts";

const bodyShownMax = 80;

export function showClient(seen: SeenAnswers, state: ConnectionState): string {
  const parts = seen.answers.map(showAnswer);
  if (seen.odd !== "") parts.push(`not plain: ${seen.odd}`);
  else if (seen.rest !== "") parts.push(`then ${quoted(seen.rest)}`);
  return [...parts, state].join(", ");
}

function showAnswer({ status, fields, body, trailers, whole }: SeenAnswer): string {
  const [reason] = valuesOf(fields, "x-skein-reason");
  const said = reason ?? (body === "" ? "" : quoted(body));
  return `${status}${said === "" ? "" : ` ${said}`}${showEnd(trailers, whole)}`;
}

export function showRequest({ method, target, version, ...said }: SeenRequest): string {
  const { framing, body, trailers, whole } = said;
  const old = version === "HTTP/1.1" ? "" : ` ${version}`;
  const content = framing === "none" ? "" : ` ${framing} ${quoted(body)}`;
  return `${method} ${target}${old}${content}${showEnd(trailers, whole)}`;
}

function showEnd(trailers: string, whole: boolean): string {
  const lines = trailers.split("\r\n").filter((line) => line !== "");
  return lines.map((line) => ` + ${line}`).join("") + (whole ? "" : "...");
}

function quoted(text: string): string {
  if (text.length <= bodyShownMax) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, bodyShownMax))} (${text.length} bytes)`;
}
