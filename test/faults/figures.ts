/** node --conditions=skein-source test/faults/figures.ts: writes the figures of docs/faults.json into docs/faults.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { pageWith } from "./page.ts";
import { readRuns } from "./record.ts";

const page = new URL("../../docs/faults.md", import.meta.url);
const runs = readRuns(new URL("../../docs/faults.json", import.meta.url));
writeFileSync(page, pageWith(readFileSync(page, "utf8"), runs));
