// Process: one run of node's test runner. Not by its command, which begins files in the order of their names: here the
// order is the suite's.
import { run } from "node:test";
import { dot } from "node:test/reporters";
import type { Run } from "./suite.ts";
import { summary } from "./summary-reporter.ts";

const { files, concurrency, together, timeoutMs } = JSON.parse(process.argv[2] ?? "") as Run;
const processes = together === true ? { isolation: "none" as const } : { concurrency };
const events = run({ files, timeout: timeoutMs, ...processes });
events.on("test:summary", ({ file, success }) => {
  if (file === undefined && !success) process.exitCode = 1;
});
for (const report of [dot, summary]) events.compose(report).pipe(process.stdout);
