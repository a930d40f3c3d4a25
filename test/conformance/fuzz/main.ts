/**
 * `npm run fuzz -- [--minutes N] [--inputs N] [--seed S]`: our readers and writers against llhttp. Prints its seed, the
 * pace, and each kind of difference once, as small as it can be made, and how to keep it. Exits with 1 if there was one.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "../../../src/runtime/random.ts";
import { type Care, type Input, judge } from "./judge.ts";
import { minimise } from "./minimise.ts";
import { type Difference, FuzzSession } from "./session.ts";

const reportEveryMs = 10_000;
/** After so many kinds of differences there is enough to do. */
const kindsMax = 20;
const careful: Care = { cuts: "every", rewritten: true };

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    inputs: { type: "string" },
    seed: { type: "string" },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const inputsMax = Number(values.inputs ?? Infinity);
const startedAt = performance.now();
const endsAt = values.inputs === undefined ? startedAt + Number(values.minutes) * 60_000 : Infinity;
const session = new FuzzSession(seededRandom(seed));
const kinds = new Set<string>();
let directory = "";

function pace(): string {
  const seconds = (performance.now() - startedAt) / 1000;
  return `${session.inputs} inputs, ${Math.round(session.inputs / seconds)}/s, ${kinds.size} differences`;
}

async function differs(input: Input, what: string): Promise<boolean> {
  const { verdict } = await judge(input, careful);
  return verdict.kind === "difference" && verdict.what === what;
}

async function report({ trial: { input }, what }: Difference): Promise<void> {
  if (kinds.has(what)) return;
  kinds.add(what);
  const text = await minimise(input.text, async (smaller) => differs({ ...input, text: smaller }, what));
  if (directory === "") directory = mkdtempSync(join(tmpdir(), "skein-fuzz-"));
  const file = join(directory, `difference-${kinds.size}.json`);
  writeFileSync(file, `${JSON.stringify({ ...input, text, was: what }, undefined, 2)}\n`);
  const { ours } = await judge({ ...input, text }, careful);
  process.stdout.write(
    `\nDIFFERENCE: ${what}\n  ${input.kind}: ${JSON.stringify(text)}\n  ours: ${JSON.stringify(ours)}\n` +
      `  To keep it: cp ${file} test/conformance/corpus/SHORT-NAME.json, and say in "was" what was wrong.\n\n`,
  );
}

process.stdout.write(`seed ${seed}\n`);
let reportedAt = startedAt;
while (performance.now() < endsAt && session.inputs < inputsMax && kinds.size < kindsMax) {
  for (const difference of await session.next()) await report(difference);
  if (performance.now() - reportedAt < reportEveryMs) continue;
  reportedAt = performance.now();
  process.stdout.write(`  ${pace()}\n`);
}
const { accepted, refused, stricter } = session;
process.stdout.write(
  `${pace()}\n${accepted} had a message that ours takes, ${refused} something that it refuses.\n`,
);
process.stdout.write("Refused by ours only, each by a choice that is written down:\n");
for (const [choice, count] of [...stricter].toSorted((a, b) => b[1] - a[1])) {
  process.stdout.write(`  ${String(count).padStart(8)}  ${choice}\n`);
}
process.exit(kinds.size === 0 ? 0 : 1);
