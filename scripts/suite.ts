import { spawn, spawnSync } from "node:child_process";
import { globSync, readFileSync, statSync } from "node:fs";
import { withCheckoutCompileCache } from "../src/runtime/compile-cache.ts";

export interface Suite {
  name: string;
  patterns: string[];
  /** Files of these patterns belong to another suite. */
  except?: string[];
  /** Files that take long, though they are small: one that begins last is waited for alone. */
  first?: string[];
  /** Test files at the same time, each in a process of its own. */
  concurrency: number;
  /** All files in one process: for pure rules, which cannot disturb each other. A process each would cost more than they do. */
  together?: boolean;
  timeoutMs: number;
}

/** What a process of `run-suite.ts` is asked to do. */
export type Run = Suite & { files: string[] };

/** Rules and state, without sockets or processes. */
const pure = [
  ...["config", "core", "election", "http1", "link", "peers", "registry", "runtime", "testing"].map(
    (folder) => `src/${folder}/**/*.test.ts`,
  ),
  "bench/suite/**/*.test.ts",
  "dashboard/src/{*,live/*,parts/*}.test.ts",
  "test/*.test.ts",
  "test/faults/*.test.ts",
];

/** What talks over real sockets, or waits for real time. */
const overSockets = [
  ...["demo", "gateway", "proxy", "worker"].map((folder) => `src/${folder}/**/*.test.ts`),
  "dashboard/src/net/*.test.ts",
  "test/why/*.test.ts",
  "test/traces/*.test.ts",
];

/** What `npm run check` runs of the tests: what is quick. */
export const quickSuites: Suite[] = [
  { name: "rules", patterns: pure, concurrency: 1, together: true, timeoutMs: 60_000 },
  {
    name: "unit",
    patterns: ["src/**/*.test.ts", "bench/**/*.test.ts", "scripts/*.test.ts"],
    except: [...pure, ...overSockets],
    concurrency: 3,
    timeoutMs: 60_000,
  },
];

export const socketSuite: Suite = {
  name: "sockets",
  patterns: overSockets,
  first: [
    "src/proxy/behaviour/{begin-by,canary,slow-connect,stall}.test.ts",
    "src/worker/{join,link/last-words}.test.ts",
    "test/why/why.test.ts",
  ],
  concurrency: 4,
  timeoutMs: 60_000,
};

/** Every process that a test starts finds the code that an earlier one compiled: half of its start, and of ours. */
const environment = withCheckoutCompileCache(process.env);

/**
 * Compiles what gateways and workers run: Node keeps what it compiled at the polite end of a process, and tests kill
 * theirs. Half a second when nothing has changed.
 */
export function compile(): void {
  spawnSync(process.execPath, ["--conditions=skein-source", "scripts/warm.ts"], { env: environment });
}

function filesOf(suite: Suite): string[] {
  // What the bench has installed for its peers brings tests of its own.
  const all = (patterns: string[]): string[] =>
    patterns.flatMap((pattern) => globSync(pattern)).filter((file) => !file.includes("node_modules"));
  const except = new Set(all(suite.except ?? []));
  const bySize = all(suite.patterns)
    .filter((file) => !except.has(file))
    .sort()
    // The long ones first: one that begins last is waited for alone.
    .sort((left, right) => statSync(right).size - statSync(left).size);
  return [...new Set([...all(suite.first ?? []), ...bySize])];
}

/** One run of node's test runner. Resolves to its exit code and to how many tests ran. */
export async function runSuite(
  suite: Suite,
  print: (text: string) => void = (text) => process.stdout.write(text),
): Promise<{ code: number; tests: number }> {
  const files = filesOf(suite);
  if (files.length === 0) return { code: 0, tests: 0 };
  const child = spawn(
    process.execPath,
    ["--conditions=skein-source", "scripts/run-suite.ts", JSON.stringify({ ...suite, files } satisfies Run)],
    { stdio: ["ignore", "pipe", "inherit"], env: environment },
  );
  let tests = 0;
  let tail = "";
  child.stdout.on("data", (chunk: Buffer) => {
    print(chunk.toString());
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
