// `npm test`: everything but the drill, benches, soak, faults and versions. `npm test -- unit` runs one suite alone.
import { compile, quickSuites, requirePinnedNode, runSuite, socketSuite, type Suite } from "./suite.ts";

requirePinnedNode();
compile();

/** They measure what they see under load: another test beside them would be in the figures. */
const measuring = ["bench", "drill", "large-transfer", "returning-worker", "virtual-ip"].map(
  (name) => `test/e2e/${name}.test.ts`,
);

/** One after the other; those of one row at the same time. */
const suites: Suite[][] = [
  quickSuites,
  [socketSuite],
  [
    {
      name: "contract, conformance, simulation, leaks",
      patterns: [
        "test/contract/**/*.test.ts",
        "test/conformance/**/*.test.ts",
        "test/sim/**/*.test.ts",
        "test/hosts/guide.test.ts",
        "test/leaks/**/*.test.ts",
      ],
      first: ["test/leaks/ten-thousand-aborts.test.ts", "test/sim/seeds-*.test.ts"],
      concurrency: 2,
      timeoutMs: 180_000,
    },
  ],
  // Real processes and real browsers, whose tests mostly wait for them: others have the time between.
  [
    {
      name: "end to end",
      patterns: ["test/e2e/**/*.test.ts", "test/dashboard/**/*.test.ts", "test/faults/lab/*.test.ts"],
      except: measuring,
      first: ["dashboard/pages", "e2e/dashboard", "e2e/worker-dev", "e2e/tls"].map(
        (name) => `test/${name}.test.ts`,
      ),
      concurrency: 3,
      timeoutMs: 240_000,
    },
  ],
  [
    {
      name: "end to end, with the machine to itself",
      patterns: measuring,
      concurrency: 1,
      timeoutMs: 240_000,
    },
  ],
];

const wanted = process.argv.slice(2);
let failed = false;
let tests = 0;

/** Beside others its output comes as a whole, at its end. */
async function play(suite: Suite, beside: boolean): Promise<void> {
  const startedAt = Date.now();
  let output = "";
  const print = (text: string): void => void (beside ? (output += text) : process.stdout.write(text));
  print(`\n== ${suite.name}\n`);
  const result = await runSuite(suite, print);
  tests += result.tests;
  if (result.code !== 0) failed = true;
  print(`${suite.name}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
  process.stdout.write(output);
}

for (const row of suites) {
  const chosen = row.filter(
    ({ name }) => wanted.length === 0 || wanted.some((word) => name.startsWith(word)),
  );
  await Promise.all(chosen.map((suite) => play(suite, chosen.length > 1)));
}
if (tests === 0) {
  process.stderr.write("skein: no test ran\n");
  failed = true;
}
process.stdout.write(failed ? "\nnpm test: FAILED\n" : `\nnpm test: ok, ${tests} tests\n`);
process.exit(failed ? 1 : 0);
