/**
 * Draws what the laboratory found: node --conditions=skein-source test/sim/balance/pictures.ts RESULTS.json > PICTURE.svg
 * `--scenarios a,b` chooses the panels.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { picture } from "./picture.ts";
import type { Laboratory } from "./report.ts";

const { values, positionals } = parseArgs({
  options: { scenarios: { type: "string" } },
  allowPositionals: true,
});
const [file] = positionals;
if (file === undefined) {
  process.stderr.write("pictures.ts [--scenarios a,b] RESULTS.json > PICTURE.svg\n");
  process.exitCode = 2;
} else {
  const laboratory = JSON.parse(readFileSync(file, "utf8")) as Laboratory;
  const wanted = values.scenarios?.split(",");
  process.stdout.write(picture(laboratory, wanted ?? laboratory.scenarios.map(({ name }) => name)));
}
