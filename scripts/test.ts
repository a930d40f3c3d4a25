// `npm test`: everything but the drill, benches, soak, faults and versions. `npm test -- unit` runs one suite alone.
import { compile, quickSuites, requirePinnedNode, runSuite, socketSuite, type Suite } from "./suite.ts";

requirePinnedNode();
compile();

/** They measure what they see under load: another test beside them would be in the figures. */
const measuring = ["bench", "dashboard", "drill", "large-transfer", "returning-worker", "virtual-ip"].map(
  (name) => `test/e2e/${name}.test.ts`,
);

const suites: Suite[] = [
  ...quickSuites,
  socketSuite,
  {
    name: "contract, conformance, simulation",
    patterns: [
      "test/contract/**/*.test.ts",
      "test/conformance/**/*.test.ts",
      "test/sim/**/*.test.ts",
      "test/hosts/guide.test.ts",
    ],
    concurrency: 2,
    timeoutMs: 180_000,
  },
  {
    name: "never leaking, never stuck",
    patterns: ["test/leaks/**/*.test.ts"],
    concurrency: 2,
    timeoutMs: 180_000,
  },
  {
    name: "dashboard",
    patterns: ["test/dashboard/**/*.test.ts"],
    concurrency: 1,
    timeoutMs: 120_000,
  },
  // Real processes, whose tests mostly wait for them: a second file has the time between.
  {
    name: "end to end",
    patterns: ["test/e2e/**/*.test.ts", "test/faults/lab/*.test.ts"],
    except: measuring,
    concurrency: 2,
    timeoutMs: 240_000,
  },
  {
    name: "end to end, with the machine to itself",
    patterns: measuring,
    concurrency: 1,
    timeoutMs: 240_000,
  },
];

const wanted = process.argv.slice(2);
let failed = false;
let tests = 0;
for (const suite of suites) {
  if (wanted.length > 0 && !wanted.some((word) => suite.name.startsWith(word))) continue;
  const startedAt = Date.now();
  process.stdout.write(`\n== ${suite.name}\n`);
  const result = await runSuite(suite);
  tests += result.tests;
  if (result.code !== 0) failed = true;
  process.stdout.write(`${suite.name}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
}
if (tests === 0) {
  process.stderr.write("skein: no test ran\n");
  failed = true;
}
process.stdout.write(failed ? "\nnpm test: FAILED\n" : `\nnpm test: ok, ${tests} tests\n`);
process.exit(failed ? 1 : 0);
