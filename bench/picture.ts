// node --conditions=skein-source bench/picture.ts results.json > picture.svg
import { readFileSync } from "node:fs";
import { picture } from "./suite/picture.ts";
import { readResults } from "./suite/results.ts";

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write("bench/picture.ts RESULTS.json > PICTURE.svg\n");
  process.exitCode = 2;
} else {
  process.stdout.write(picture(readResults(readFileSync(file, "utf8"))));
}
