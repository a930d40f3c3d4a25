import { createHash } from "node:crypto";
import type { Problem, ProblemBody } from "../../protocol/problem.ts";

const style = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem}
h1{font-size:1.5rem;margin:0 0 .5rem}p{margin:.5rem 0}dl{margin-top:2rem;opacity:.75;font-size:.875rem}
dt{float:left;clear:left;width:6rem}dd{margin:0 0 0 6rem}code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}`;

const digest = createHash("sha256").update(style).digest("base64");

/** Nothing but our own style: no script, no picture, no form, no frame around it. */
export const pagePolicy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const advice: Record<Problem["retry"], string> = {
  safe: "Trying again in a moment is safe: it comes to the same as once.",
  "idempotent-only": "It is not known whether your request was carried out. Look before you repeat it.",
  pointless: "Trying again will not help.",
};

/** The same as the JSON, for people. Every text is escaped, whoever made it. */
export function errorPage(body: ProblemBody, problem: Problem): string {
  const { title, status, code, hint, requestId, why } = body;
  const rows: [string, string | undefined][] = [
    ["Code", `${status} ${code}`],
    ["Request", requestId],
    ["Operators", why],
  ];
  const list = rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<dt>${name}</dt><dd><code>${escaped(value ?? "")}</code></dd>`)
    .join("");
  const hinted = hint === undefined ? "" : `<p>${escaped(hint)}</p>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${status} ${escaped(title)}</title>
<style>${style}</style></head>
<body><h1>${escaped(title)}</h1><p>${advice[problem.retry]}</p>${hinted}<dl>${list}</dl></body></html>
`;
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");
}
