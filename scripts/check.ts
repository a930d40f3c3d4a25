// `npm run check`: format, types, lint, architecture, and every test that needs no sockets; under half a minute.
import { spawn } from "node:child_process";
import { quickSuites, requirePinnedNode, runSuite, type Suite } from "./suite.ts";

requirePinnedNode();

interface Outcome {
  name: string;
  code: number;
  output: string;
}

async function step(name: string, command: string, args: string[]): Promise<Outcome> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number>((done) => {
    child.on("error", () => done(1));
    child.on("close", (status) => done(status ?? 1));
  });
  return { name, code, output };
}

/** Prints nothing before its end: the suites run at the same time. */
async function quickSuite(suite: Suite): Promise<boolean> {
  let output = "";
  const { code, tests } = await runSuite(suite, (text) => (output += text));
  const ok = code === 0 && tests > 0;
  process.stdout.write(`${suite.name}: ${ok ? "ok" : "FAILED"}, ${tests} tests\n${ok ? "" : output}`);
  return ok;
}

const startedAt = Date.now();
const outcomes = await Promise.all([
  step("format", "oxfmt", ["--check", "src", "dashboard", "test", "scripts", "bench", "examples"]),
  step("types", "tsc", ["-p", "."]),
  step("types of the dashboard", "tsc", ["-p", "dashboard"]),
  step("lint", "oxlint", ["--type-aware", "src", "dashboard", "test", "scripts", "bench"]),
]);
for (const outcome of outcomes) {
  process.stdout.write(`${outcome.name}: ${outcome.code === 0 ? "ok" : "FAILED"}\n`);
  if (outcome.code !== 0) process.stdout.write(outcome.output);
}
const quick = await Promise.all(quickSuites.map(quickSuite));
const failed = outcomes.some((outcome) => outcome.code !== 0) || quick.includes(false);
process.stdout.write(
  `npm run check: ${failed ? "FAILED" : "ok"} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`,
);
process.exit(failed ? 1 : 0);
