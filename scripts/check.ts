// `npm run check`: format, types, lint, unit and architecture tests; under half a minute.
import { spawn } from "node:child_process";
import { requirePinnedNode, runSuite, unitSuites } from "./suite.ts";

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

const startedAt = Date.now();
const outcomes = await Promise.all([
  step("format", "oxfmt", ["--check", "src", "test", "scripts", "bench", "examples"]),
  step("types", "tsc", ["-p", "."]),
  step("lint", "oxlint", ["--type-aware", "src", "test", "scripts", "bench"]),
]);
for (const outcome of outcomes) {
  process.stdout.write(`${outcome.name}: ${outcome.code === 0 ? "ok" : "FAILED"}\n`);
  if (outcome.code !== 0) process.stdout.write(outcome.output);
}
let failed = outcomes.some((outcome) => outcome.code !== 0);
for (const suite of unitSuites) {
  const result = await runSuite(suite);
  if (result.code !== 0 || result.tests === 0) failed = true;
}
process.stdout.write(
  `npm run check: ${failed ? "FAILED" : "ok"} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`,
);
process.exit(failed ? 1 : 0);
