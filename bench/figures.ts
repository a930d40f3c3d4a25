// node --conditions=skein-source bench/figures.ts results.json: writes the figures of a run into bench/README.md.
import { readFileSync, writeFileSync } from "node:fs";
import { withFigures } from "./suite/readme-figures.ts";
import { readResults } from "./suite/results.ts";

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write("bench/figures.ts RESULTS.json\n");
  process.exitCode = 2;
} else {
  const readme = new URL("README.md", import.meta.url);
  const results = readResults(readFileSync(file, "utf8"));
  writeFileSync(readme, withFigures(readFileSync(readme, "utf8"), results));
}
