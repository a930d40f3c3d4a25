import { spawn } from "node:child_process";
import { globSync, readFileSync } from "node:fs";

/** One run of node's test runner over `patterns`. Resolves to its exit code and to how many tests ran. */
export async function runSuite(suite: {
  patterns: string[];
  concurrency: number;
  timeoutMs: number;
}): Promise<{ code: number; tests: number }> {
  const files = suite.patterns.flatMap((pattern) => globSync(pattern)).sort();
  if (files.length === 0) return { code: 0, tests: 0 };
  const child = spawn(
    process.execPath,
    [
      "--conditions=skein-source",
      "--test",
      `--test-concurrency=${suite.concurrency}`,
      `--test-timeout=${suite.timeoutMs}`,
      "--test-reporter=dot",
      "--test-reporter-destination=stdout",
      "--test-reporter=./scripts/summary-reporter.js",
      "--test-reporter-destination=stdout",
      ...files,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let tests = 0;
  let tail = "";
  child.stdout.on("data", (chunk: Buffer) => {
    process.stdout.write(chunk);
    tail = (tail + chunk.toString()).slice(-4000);
    const counted = /tests (\d+)/.exec(tail);
    if (counted !== null) tests = Number(counted[1]);
  });
  const code = await new Promise<number>((done) => {
    child.on("close", (status) => done(status ?? 1));
  });
  return { code, tests };
}

/** The suites must run under the node that package.json pins: another one might find no test and call it success. */
export function requirePinnedNode(): void {
  const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
    devDependencies: Record<string, string>;
  };
  const wanted = `v${manifest.devDependencies["node"]}`;
  if (process.version !== wanted) {
    process.stderr.write(
      `skein: the tests need node ${wanted}, this is ${process.version}. ` +
        `Run them by npm (npm test, npm run check): it puts the pinned node first on the PATH. ` +
        `If that does not help, install scripts are switched off: npm rebuild node\n`,
    );
    process.exit(1);
  }
}
