// `npm run docs:errors`: writes docs/errors.md from the problem table. A test holds the file to it.
import { writeFileSync } from "node:fs";
import { type Problem, problems } from "../src/protocol/problem.ts";

const retryWords: Record<Problem["retry"], string> = {
  safe: "yes",
  "idempotent-only": "only if the request is idempotent",
  pointless: "no: change the request",
};

export function errorDocs(): string {
  const rows = Object.values(problems).map(
    (problem: Problem) =>
      `| \`${problem.code}\` | ${problem.status} | ${problem.title} | ${problem.fault} | ${retryWords[problem.retry]} |`,
  );
  return [
    "# Errors",
    "",
    "Every answer that the gateway itself makes is `application/problem+json` (RFC 9457) with one of these codes, and carries",
    "the same code in the header `x-skein-reason`. An answer without that header comes from your service. Written by",
    "`npm run docs:errors` from `src/protocol/problem.ts`.",
    "",
    "| code | status | meaning | who must act | may a client repeat it |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

if (import.meta.main) writeFileSync("docs/errors.md", errorDocs());
