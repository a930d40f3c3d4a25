/**
 * `npm run conformance [-- --rivals]`: plays every case, prints what came of it, and writes the choices into
 * docs/conformance.md. With --rivals also through nginx, HAProxy and Caddy where they are installed, and what we forward
 * through them again; when none is missing, the tables are written anew as well. Exits with 1 when what we forward is
 * forwarded as something else.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { caddy } from "./rivals/caddy.ts";
import { between, casesText, choicesText, markers, secondOrderText } from "./rivals/document.ts";
import { haproxy } from "./rivals/haproxy.ts";
import { nginx } from "./rivals/nginx.ts";
import { isAlone, isSame, type Row, rowsOf } from "./rivals/report.ts";
import { isInstalled, type Rival, versionOf } from "./rivals/rival.ts";
import { answerCases, answerPlay, requestCases, requestPlay, runOurs, runRival } from "./rivals/run.ts";
import { forwardedOfCases, forwardedOfMutations, passage, playOf } from "./rivals/second-order.ts";

const file = "docs/conformance.md";
const { values } = parseArgs({ options: { rivals: { type: "boolean", default: false } } });
const wanted: readonly Rival[] = values.rivals ? [nginx, haproxy, caddy] : [];
const rivals = wanted.filter(isInstalled);
for (const { name, debianPackage } of wanted.filter((rival) => !rivals.includes(rival))) {
  process.stdout.write(`${name} is not installed: left out (Debian package ${debianPackage})\n`);
}

function print(row: Row): void {
  const theirs = row.theirs.map((finding, index) =>
    finding === undefined ? "–" : isSame(row, index) ? "the same" : finding.text,
  );
  process.stdout.write(`${isAlone(row) ? "* " : "  "}${[row.name, row.ours.text, ...theirs].join(" | ")}\n`);
}

function write(part: (typeof markers)[keyof typeof markers], content: string): void {
  writeFileSync(file, between(readFileSync(file, "utf8"), part, content));
  process.stdout.write(`${file} is written: ${part[0]}\n`);
}

const directory = mkdtempSync(join(tmpdir(), "skein-c-"));
try {
  const plays = [...requestCases.map(requestPlay), ...answerCases.map(answerPlay)];
  const ours = await runOurs(plays);
  const theirs = [];
  for (const rival of rivals) theirs.push(await runRival(rival, plays, directory));
  const rows = rowsOf(ours, theirs);
  for (const row of rows) print(row);
  write(markers.choices, choicesText());
  if (rivals.length > 0) await throughTheOthers(rows, ours);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function throughTheOthers(rows: readonly Row[], ours: Parameters<typeof rowsOf>[0]): Promise<void> {
  const names = rows.map(({ name }) => name);
  const messages = [...forwardedOfCases(names, ours), ...forwardedOfMutations()];
  const passages = [];
  for (const rival of rivals) {
    const outcomes = await runRival(rival, messages.map(playOf), directory);
    passages.push(messages.map((message, index) => passage(message, outcomes[index]!)));
  }
  const competitors = rivals.map((rival) => ({ name: rival.name, version: versionOf(rival) }));
  const secondOrder = secondOrderText(messages, competitors, passages);
  process.stdout.write(`\n${secondOrder}\n`);
  if (passages.flat().some(({ kind }) => kind === "other")) process.exitCode = 1;
  if (rivals.length < wanted.length) return;
  write(markers.cases, casesText(rows, competitors, secondOrder));
}
