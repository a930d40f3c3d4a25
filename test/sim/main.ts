/**
 * `npm run sim -- --seeds N [--from M]`: more seeds than `npm test` has time for. `SKEIN_SEED=n npm run sim` replays one
 * with its transcript.
 */
import { parseArgs } from "node:util";
import { type Report, simulate } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
  },
});
const replay = process.env["SKEIN_SEED"];
const first = Number(replay ?? values.from);
const count = replay === undefined ? Number(values.seeds) : 1;
const startedAt = performance.now();
let failed = 0;
let requests = 0;

for (let seed = first; seed < first + count; seed += 1) {
  const report = await simulate(seed);
  requests += report.requests;
  if (report.violations.length > 0) failed += 1;
  if (report.violations.length > 0 || replay !== undefined) print(report);
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
process.stdout.write(`${count} seeds, ${requests} requests, ${failed} failed, ${seconds} s\n`);
process.exit(failed === 0 ? 0 : 1);

function print({ seed, violations, transcript }: Report): void {
  const lines = [`seed ${seed} (SKEIN_SEED=${seed} npm run sim)`, ...transcript.map((line) => `  ${line}`)];
  for (const violation of violations) lines.push(`  ! ${violation}`);
  process.stdout.write(`${lines.join("\n")}\n`);
}
