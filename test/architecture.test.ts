import assert from "node:assert/strict";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { test } from "node:test";
import { type FoundImport, importsOf, tokensOf } from "./imports.ts";

interface Rule {
  /** Folders of src/ that may be imported. */
  folders: string[];
  /** Why the rule is as it is; told when it is broken. */
  because: string;
  /** Packages and `node:` modules allowed; unset: any dependency of package.json and any node module. */
  outside?: RegExp;
}

const everything = readdirSync("src", { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
const allBut = (...names: string[]): string[] => everything.filter((name) => !names.includes(name));

// Who may import whom. A folder may always import from itself.
const rules: Record<string, Rule> = {
  core: { folders: [], outside: /^$/, because: "core decides only: no I/O, no clock, no dice, no library" },
  runtime: { folders: ["core", "protocol"], because: "the door to time, chance, logs and processes" },
  protocol: {
    folders: ["core"],
    outside: /^$/,
    because: "the words on the wire do not depend on who speaks",
  },
  http1: { folders: ["core"], outside: /^$/, because: "HTTP/1.1 as bytes: knows no sockets" },
  link: { folders: ["core"], outside: /^$/, because: "frames as bytes: knows no sockets" },
  proxy: {
    folders: ["core", "runtime", "protocol", "http1", "link"],
    because: "traffic survives the loss of store, registry, election and control",
  },
  store: {
    folders: ["core", "runtime", "protocol"],
    because: "replaceable: one contract suite for all drivers",
  },
  config: { folders: ["core", "runtime", "protocol"], because: "turns what people write into plain data" },
  registry: {
    folders: ["core", "runtime", "protocol"],
    because: "who is alive: never who leads or where it is stored",
  },
  election: {
    folders: ["core", "runtime", "protocol", "store"],
    because: "who leads: never who is alive; of the store only the port",
  },
  peers: { folders: ["core", "runtime", "protocol"], because: "carries news, decides nothing" },
  control: { folders: ["core", "runtime", "protocol"], because: "is given its functions by the controller" },
  worker: {
    folders: ["core", "runtime", "protocol", "link", "http1"],
    because: "small inside the user's service",
  },
  supervisor: {
    folders: ["core", "runtime", "protocol", "worker"],
    because: "starts the others by their entry file; only supervisor/local uses the SDK",
  },
  controller: {
    folders: allBut("proxy", "cli", "testing", "demo", "gateway"),
    because: "composition root of the control plane",
  },
  authority: { folders: ["core", "protocol"], because: "makes certificates: reads and serves none" },
  cli: {
    folders: [
      "authority",
      "controller",
      "supervisor",
      "worker",
      "config",
      "demo",
      "protocol",
      "core",
      "runtime",
    ],
    because: "thin: parse, call, print",
  },
  demo: { folders: allBut("testing"), because: "uses the product as a user does" },
  gateway: { folders: allBut("testing", "cli", "demo"), because: "all in one process" },
  testing: { folders: allBut("cli"), because: "a cluster in memory" },
};

const slashed = (path: string): string => path.split(sep).join("/");

function filesIn(folder: string): string[] {
  return globSync(`src/${folder}/**/*.ts`).map(slashed).sort();
}

function isTestFile(file: string): boolean {
  return file.endsWith(".test.ts") || /\/testing[-.]/.test(file);
}

function complaint(file: string, folder: string, rule: Rule, found: FoundImport): string | undefined {
  const { specifier } = found;
  if (!specifier.startsWith(".")) {
    if (rule.outside === undefined || rule.outside.test(specifier)) return undefined;
    return `${file} imports ${specifier}: ${rule.because}`;
  }
  const target = slashed(normalize(join(dirname(file), specifier)));
  const [root, other] = target.split("/");
  if (root !== "src") return `${file} imports ${specifier}, outside src/`;
  if (!specifier.endsWith(".ts") && !specifier.endsWith(".json"))
    return `${file} imports ${specifier} without its suffix`;
  if (other === folder || (other !== undefined && rule.folders.includes(other))) return undefined;
  return `${file} imports ${target}: ${folder}/ may import ${rule.folders.join(", ") || "nothing"} (${rule.because})`;
}

test("every folder of src/ has a rule", () => {
  assert.deepEqual(
    everything.filter((folder) => rules[folder] === undefined),
    [],
  );
});

test("imports keep to the table", () => {
  const complaints = everything.flatMap((folder) => {
    const rule = rules[folder];
    if (rule === undefined) return [];
    return filesIn(folder)
      .filter((file) => !isTestFile(file))
      .flatMap((file) =>
        importsOf(readFileSync(file, "utf8")).map((found) => complaint(file, folder, rule, found)),
      )
      .filter((text) => text !== undefined);
  });
  assert.deepEqual(complaints, []);
});

test("election uses only the port of the store", () => {
  const targets = filesIn("election")
    .filter((file) => !isTestFile(file))
    .flatMap((file) => importsOf(readFileSync(file, "utf8")))
    .filter((found) => found.specifier.includes("/store/"))
    .map((found) => found.specifier);
  assert.deepEqual(
    targets.filter((specifier) => !specifier.endsWith("/store/store.ts")),
    [],
  );
});

test("the dashboard knows of the gateway only the words on the wire, and of libraries only its own", () => {
  const libraries = /^(preact(\/hooks)?|@preact\/signals|uplot|uplot\/dist\/uPlot\.min\.css)$/;
  const files = globSync("dashboard/src/**/*.{ts,tsx}").map(slashed);
  const complaints = files
    .filter((file) => !isTestFile(file))
    .flatMap((file) => importsOf(readFileSync(file, "utf8")).map(({ specifier }) => ({ file, specifier })))
    .filter(({ file, specifier }) => {
      if (!specifier.startsWith(".")) return !libraries.test(specifier);
      const target = slashed(normalize(join(dirname(file), specifier)));
      return !target.startsWith("dashboard/src/") && !target.startsWith("src/protocol/");
    });
  assert.ok(files.length > 10);
  assert.deepEqual(complaints, []);
  const dangerous = /innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/;
  assert.deepEqual(
    files.filter((file) => dangerous.test(readFileSync(file, "utf8"))),
    [],
    "what workers tell of themselves is text",
  );
});

// Names that would make a decision depend on more than its arguments.
const impure = new Set([
  "Date",
  "performance",
  "process",
  "Promise",
  "async",
  "await",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "console",
  "fetch",
  "globalThis",
  "crypto",
]);

function impurities(file: string): string[] {
  const tokens = tokensOf(readFileSync(file, "utf8"));
  return tokens.flatMap((token, index) => {
    if (token.kind !== "word" || tokens[index - 1]?.text === ".") return [];
    if (impure.has(token.text) && tokens[index + 1]?.text !== ":") return [`${file} uses ${token.text}`];
    const member = `${token.text}.${tokens[index + 2]?.text ?? ""}`;
    return tokens[index + 1]?.text === "." && member === "Math.random" ? [`${file} uses Math.random`] : [];
  });
}

test("core/ is pure: no clock, chance, I/O or promise", () => {
  assert.deepEqual(
    filesIn("core")
      .filter((file) => !isTestFile(file))
      .flatMap(impurities),
    [],
  );
});

test("the data path and the SDK do not load the control plane", () => {
  const heavy = /^(hono|@hono\/|valibot|commander)/;
  const complaints = ["proxy", "worker", "http1", "core", "protocol"].flatMap((folder) =>
    filesIn(folder)
      .filter((file) => !isTestFile(file))
      .flatMap((file) => importsOf(readFileSync(file, "utf8")).map((found) => ({ file, ...found })))
      .filter((found) => heavy.test(found.specifier))
      .map((found) => `${found.file} imports ${found.specifier}`),
  );
  assert.deepEqual(complaints, []);
});

test("the lexer sees imports, and only imports", () => {
  const source = [
    "import { a } from './a.ts';",
    "import type { B } from './b.ts';",
    "// import c from './c.ts'",
    "const text = \"import d from './d.ts'\";",
    "export { e } from './e.ts';",
    "const f = await import('./f.ts');",
    'const g = /["]/; import "./g.ts";',
  ].join("\n");
  assert.deepEqual(
    importsOf(source).map((found) => [found.specifier, found.typeOnly]),
    [
      ["./a.ts", false],
      ["./b.ts", true],
      ["./e.ts", false],
      ["./f.ts", false],
      ["./g.ts", false],
    ],
  );
});
