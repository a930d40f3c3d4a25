import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import type { Evaluation, EvaluationRequest } from "../protocol/evaluation.ts";
import { becomeUser } from "../runtime/testing-user.ts";
import { evaluate } from "./evaluate.ts";

const directory = mkdtempSync(join(tmpdir(), "skein-config-"));
after(() => rmSync(directory, { recursive: true, force: true }));

const surroundings = {
  environment: {},
  cores: 2,
  lookup: async (name: string) => {
    if (name !== "orders.internal") throw Object.assign(new Error("no"), { code: "ENOTFOUND" });
    return Promise.resolve("10.0.0.7");
  },
};

function write(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

async function evaluated(request: Partial<EvaluationRequest>, environment = {}): Promise<Evaluation> {
  return evaluate({ file: null, directory, flags: {}, ...request }, { ...surroundings, environment });
}

async function errorsOf(request: Partial<EvaluationRequest>, environment = {}): Promise<string[]> {
  const evaluation = await evaluated(request, environment);
  assert.ok(!evaluation.ok);
  return evaluation.errors.map(({ where, key, message }) => `${where} | ${key} | ${message}`);
}

test("without a file the defaults, with their origins", async () => {
  const empty = mkdtempSync(join(tmpdir(), "skein-config-"));
  try {
    const evaluation = await evaluated({ directory: empty, flags: { state: "s" } }, { SKEIN_LISTEN: ":81" });
    assert.ok(evaluation.ok);
    assert.equal(evaluation.file, null);
    assert.equal(evaluation.configuration.state, join(empty, "s"));
    assert.equal(evaluation.configuration.listeners[0]?.name, "0.0.0.0:81");
    const { listen, state, control } = evaluation.origins;
    assert.deepEqual([listen, state, control], ["SKEIN_LISTEN", "--state", "default"]);
  } finally {
    rmSync(empty, { recursive: true });
  }
});

test("each value tells its place in the file, its variable or its flag; no secret, and no key's place, is among them", async () => {
  write("password", "hunter2");
  const file = write(
    "told.json",
    '{\n  "proxies": 3,\n  "limits": { "fields": 50 },\n' +
      '  "store": "etcd://bob@h:2379/p?passwordFile=password",\n  "routes": { "/a": "web" }\n}\n',
  );
  const evaluation = await evaluated({ file, flags: { state: "s" } }, { SKEIN_LISTEN: ":81" });
  assert.ok(evaluation.ok, JSON.stringify(evaluation));
  const from = Object.fromEntries(evaluation.values.map((one) => [one.key, one.from]));
  assert.deepEqual(
    ["proxies", "limits.fields", "limits.head", "store", "listen", "state", "services.web", "routes./a"].map(
      (key) => from[key],
    ),
    [
      "told.json:2:3",
      "told.json:3:15",
      "default",
      "told.json:4:3",
      "SKEIN_LISTEN",
      "--state",
      "routes",
      "told.json:5:15",
    ],
  );
  assert.doesNotMatch(JSON.stringify(evaluation.values), /hunter2|passwordFile/);
});

test("faults in JSON have a line and a column; those of flags and variables their name", async () => {
  const file = write("places.json", '{\n  "proxies": 0,\n  "services": { "web": ["x"] }\n}\n');
  const errors = await errorsOf({ file, flags: { listen: ["nowhere"] } }, { SKEIN_CONTROLLERS: "9" });
  assert.deepEqual(
    errors.map((error) => error.split(" | ").slice(0, 2)),
    [
      ["--listen", "listen[0]"],
      ["places.json:3:25", "services.web[0]"],
      ["places.json:2:3", "proxies"],
      ["SKEIN_CONTROLLERS", "controllers"],
    ],
  );
});

test("what is no JSON is told with its place", async () => {
  const file = write("broken.json", '{\n  "listen": ":80",\n}\n');
  assert.deepEqual(await errorsOf({ file }), ['broken.json:3:1 |  | a comma stands before "}"']);
});

test("files that are not there, or of another kind", async () => {
  const missing = await errorsOf({ file: join(directory, "none.json") });
  assert.match(missing[0] ?? "", /none\.json \| {2}\| there is no such file/);
  const yaml = write("skein.yaml", "a: b");
  assert.match((await errorsOf({ file: yaml }))[0] ?? "", /a configuration is a \.ts, .* file, not "\.yaml"/);
});

test("a file that this user may not read is not to be made writable", async () => {
  const file = write("secret.json", "{}");
  chmodSync(directory, 0o755);
  chmodSync(file, 0);
  const asUser = becomeUser();
  try {
    assert.match(
      (await errorsOf({ file }))[0] ?? "",
      /cannot be read: this user may not\. Let this user read it$/,
    );
  } finally {
    asUser.back();
  }
});

test("two files in one directory are refused", async () => {
  const both = mkdtempSync(join(tmpdir(), "skein-config-"));
  try {
    for (const name of ["skein.config.json", "skein.config.js"]) writeFileSync(join(both, name), "{}");
    assert.match(
      (await errorsOf({ directory: both }))[0] ?? "",
      /both skein\.config\.js and skein\.config\.json/,
    );
  } finally {
    rmSync(both, { recursive: true });
  }
});

test("a CommonJS file of the directory is taken", async () => {
  for (const [name, port] of [
    ["skein.config.cjs", 8125],
    ["skein.config.cts", 8126],
  ] as const) {
    const place = mkdtempSync(join(directory, "found-"));
    writeFileSync(join(place, name), `module.exports = { listen: ${port} };`);
    const evaluation = await evaluated({ directory: place });
    assert.ok(evaluation.ok);
    assert.equal(evaluation.file, join(place, name));
    assert.equal(evaluation.configuration.listeners[0]?.port, port);
  }
});

test("names of static workers are resolved once; the id keeps the name", async () => {
  const file = write(
    "names.json",
    '{ "services": { "orders": ["orders.internal:80", "localhost:81", "[::1]:82"] } }',
  );
  const evaluation = await evaluated({ file });
  assert.ok(evaluation.ok);
  const workers = evaluation.configuration.traffic.services["orders"]?.workers;
  assert.deepEqual(
    workers?.map(({ id, address }) => [id, address]),
    [
      ["orders.internal:80", "10.0.0.7:80"],
      ["localhost:81", "127.0.0.1:81"],
      ["[::1]:82", "[::1]:82"],
    ],
  );
  const unknown = write(
    "unknown.json",
    '{ "services": { "orders": { "workers": ["nobody.internal:80"] } } }',
  );
  assert.match(
    (await errorsOf({ file: unknown }))[0] ?? "",
    /unknown\.json:1:41 .*nobody\.internal.*ENOTFOUND/,
  );
});

/** As the gateway does it. */
async function entry(request: EvaluationRequest): Promise<{ evaluation: Evaluation; stderr: string }> {
  const run = await promisify(execFile)(process.execPath, [
    "--conditions=skein-source",
    join(import.meta.dirname, "evaluate-main.ts"),
    JSON.stringify(request),
  ]);
  return { evaluation: JSON.parse(run.stdout) as Evaluation, stderr: run.stderr };
}

test("the entry: a .ts file in its own process, whose output does not disturb the answer", async () => {
  const file = write(
    "skein.config.ts",
    `import { defineConfig } from "skein/config";
     console.log("hello from the configuration");
     setInterval(() => {}, 1000);
     const port: number = 8123;
     export default defineConfig({ listen: port, routes: { "/": "web" } });`,
  );
  const { evaluation, stderr } = await entry({ file, directory, flags: { hints: true } });
  assert.ok(evaluation.ok, JSON.stringify(evaluation));
  assert.equal(evaluation.configuration.listeners[0]?.port, 8123);
  assert.equal(evaluation.configuration.traffic.proxy.hints, true);
  assert.match(stderr, /hello from the configuration/);
});

test("a file with `import` is a module, whatever its package says; one with `require` is none", async () => {
  const place = mkdtempSync(join(directory, "commonjs-"));
  writeFileSync(join(place, "package.json"), '{ "type": "commonjs" }');
  const files = {
    "module.ts":
      'import { defineConfig } from "skein/config";\nexport default defineConfig({ listen: 8124 });',
    "module.js":
      'import { defineConfig } from "skein/config";\nexport default defineConfig({ listen: 8124 });',
    "common.js": "module.exports = { listen: 8124 };",
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(place, name), text);
    const { evaluation, stderr } = await entry({ file: join(place, name), directory: place, flags: {} });
    assert.ok(evaluation.ok, `${name}: ${JSON.stringify(evaluation)}`);
    assert.equal(evaluation.configuration.listeners[0]?.port, 8124);
    assert.equal(stderr, "");
  }
});

test("a module that throws, and one without a default export", async () => {
  const throwing = write("throwing.mjs", "\nthrow new Error('no database');");
  assert.deepEqual(await errorsOf({ file: throwing }), [
    "throwing.mjs |  | the file cannot be run: no database (line 2)",
  ]);
  const silent = write("silent.mjs", "export const listen = 1;");
  assert.match((await errorsOf({ file: silent }))[0] ?? "", /no default export/);
  const wrong = write("wrong.mjs", "export default { lisen: 1, routes: { '/a/': 5 } };");
  assert.deepEqual(
    (await errorsOf({ file: wrong })).map((error) => error.split(" | ").slice(0, 2)),
    [
      ["wrong.mjs", 'routes["/a/"]'],
      ["wrong.mjs", "lisen"],
    ],
  );
});
