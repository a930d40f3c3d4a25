import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as pathOf } from "node:path";
import { test, type TestContext } from "node:test";
import type { GatewayFile } from "../../src/protocol/supervision.ts";
import { identify } from "../../src/runtime/process-identity.ts";
import { eventually } from "./harness.ts";
import { get, node, WorkerProcess } from "./worker-process.ts";

const cli = pathOf(import.meta.dirname, "..", "..", "src", "cli", "main.ts");

/** A server on a fixed port, as people write them: two of it could not run side by side. */
const app = (word: string): string => `
import { createServer } from "node:http";
createServer((request, response) => response.end("${word} " + process.pid)).listen(3000, () => console.log("up"));
`;

/** A directory with these files and a package.json of the name `shop`. */
function shop(t: TestContext, files: Record<string, string>): string {
  const directory = realpathSync(mkdtempSync(pathOf(tmpdir(), "skein-dev-test-")));
  t.after(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  const all = { "package.json": '{"name":"shop","type":"module"}', ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(pathOf(directory, name), text);
  return directory;
}

const anyPorts = ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"];

test("skein dev: an unchanged app in two instances, restarted one after another on change, no request lost", async (t) => {
  const directory = shop(t, { "server.js": app("first") });
  const state = pathOf(directory, ".skein");
  const args = ["dev", "server.js", "-i", "2", ...anyPorts, "--state", state];
  const dev = new WorkerProcess(t, [...node, cli, ...args], { cwd: directory });
  t.after(async () => {
    // The gateway runs in a process group of its own: it ends when `skein dev` is asked to end.
    dev.child.kill("SIGTERM");
    await dev.exited;
  });
  await dev.line(/^shop-1 \| up$/);
  await dev.line(/^shop-2 \| up$/);
  const file = JSON.parse(readFileSync(pathOf(state, "gateway.json"), "utf8")) as GatewayFile;
  const url = `http://${file.listen[0]}/`;
  const pids = new Set<string>();
  await eventually(
    async () => {
      const { status, body } = await get(url);
      if (status === 200) pids.add(body);
      return pids.size === 2 ? true : undefined;
    },
    () => `answers of two instances; so far ${[...pids].join(", ")}`,
  );
  writeFileSync(pathOf(directory, "server.js"), app("second"));
  const statuses: number[] = [];
  await eventually(
    async () => {
      statuses.push((await get(url)).status);
      return dev.errors.some((line) => line.includes("all instances run the changed files"))
        ? true
        : undefined;
    },
    () => `the restarts; so far:\n${dev.errors.join("\n")}`,
  );
  assert.deepEqual(
    statuses.filter((status) => status !== 200),
    [],
  );
  for (let round = 0; round < 10; round++) assert.match((await get(url)).body, /^second /);
  dev.child.kill("SIGTERM");
  assert.deepEqual(await dev.exited, { code: 0, signal: null });
});

test("skein dev: changed files that do not run stop the restarts; the others serve on, and the next change mends it", async (t) => {
  const directory = shop(t, { "server.js": app("first") });
  const entry = pathOf(directory, "server.js");
  const state = pathOf(directory, ".skein");
  const places = [...anyPorts, "--state", state];
  const dev = new WorkerProcess(t, [...node, cli, "dev", "server.js", "-i", "2", ...places], {
    cwd: directory,
  });
  t.after(() => dev.child.kill("SIGTERM"));
  await dev.line(/^shop-1 \| up$/);
  await dev.line(/^shop-2 \| up$/);
  const file = JSON.parse(readFileSync(pathOf(state, "gateway.json"), "utf8")) as GatewayFile;
  const answers: string[] = [];
  const ask = async (): Promise<string> => {
    const { status, body } = await get(`http://${file.listen[0]}/`);
    const answer = `${status} ${body.split(" ")[0]}`;
    answers.push(answer);
    return answer;
  };
  await eventually(
    async () => (await ask()).startsWith("200") || undefined,
    () => "an answer",
  );
  answers.length = 0;
  const told = (words: RegExp): Promise<true> =>
    eventually(
      async () => {
        await ask();
        return dev.errors.some((line) => words.test(line)) || undefined;
      },
      () => `${words.source}; so far:\n${dev.errors.join("\n")}`,
      20_000,
    );

  writeFileSync(entry, "throw new Error('broken');\n");
  await told(/do not run in shop-1: shop-2 serves the files from before/);
  writeFileSync(entry, "setInterval(() => {}, 1_000);\n");
  await told(/shop-1 with the changed files is not live after 10 s: until it is, shop-2 serves/);
  assert.deepEqual([...new Set(answers)], ["200 first"]);
  writeFileSync(entry, app("second"));
  await told(/all instances run the changed files/);
  assert.deepEqual([...new Set(answers)].toSorted(), ["200 first", "200 second"]);
  dev.child.kill("SIGTERM");
  assert.deepEqual(await dev.exited, { code: 0, signal: null });
});

const slowToLeave = `
import { createServer } from "node:http";
process.on("SIGTERM", () => console.log("leaving"));
createServer(() => {}).listen(3000, () => console.log("up"));
`;

test(
  "skein dev: asked to end while it restarts an instance, it ends and starts nothing",
  { timeout: 60_000 },
  async (t) => {
    const directory = shop(t, { "server.js": slowToLeave });
    const entry = pathOf(directory, "server.js");
    const args = ["dev", "server.js", "-i", "1", ...anyPorts];
    const dev = new WorkerProcess(t, [...node, cli, ...args], { cwd: directory });
    t.after(() => dev.child.kill("SIGTERM"));
    await dev.line(/^shop-1 \| up$/);
    await dev.line(/restarted one after another when a file changes/, dev.errors);
    writeFileSync(entry, `${slowToLeave}// changed\n`);
    await dev.line(/^shop-1 \| leaving$/);
    dev.child.kill("SIGTERM");
    assert.deepEqual(await dev.exited, { code: 0, signal: null });
    assert.equal(dev.lines.filter((line) => line === "shop-1 | up").length, 1);
  },
);

for (const [whose, file, env] of [
  ["of the directory", "skein.config.json", {}],
  ["that the environment names", "other.json", { SKEIN_CONFIG: "other.json" }],
] as const) {
  test(`skein dev: a configuration ${whose} whose routes lead past the app is told`, async (t) => {
    const directory = shop(t, { "server.js": app("first"), [file]: '{"routes":{"/":"orders"}}' });
    const words = [...node, cli, "dev", "server.js", ...anyPorts];
    const dev = new WorkerProcess(t, words, { cwd: directory, env });
    t.after(() => dev.child.kill("SIGTERM"));
    await dev.line(new RegExp(` routes {4}those of ${file}$`), dev.errors);
    await dev.line(new RegExp(`${file} routes nothing to 'shop'; give --service orders$`), dev.errors);
    dev.child.kill("SIGTERM");
    assert.deepEqual(await dev.exited, { code: 0, signal: null });
  });
}

const stubborn = `${app("stubborn")}
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => console.log("asked to end"));
setInterval(() => console.log("tick"), 100);
console.log("pid", process.pid);
`;

for (const [how, end] of [
  ["whoever reads it has gone", (dev: WorkerProcess) => dev.child.stdout?.destroy()],
  [
    "a second signal ends it at once",
    async (dev: WorkerProcess) => {
      dev.child.kill("SIGTERM");
      await dev.line(/asked to end$/);
      // Of another name: it is no echo, however soon it comes.
      dev.child.kill("SIGINT");
    },
  ],
] as const)
  test(`skein dev leaves neither gateway nor instances behind when ${how}`, async (t) => {
    const directory = shop(t, { "server.js": stubborn });
    const state = pathOf(directory, "state");
    const args = ["dev", "server.js", "-i", "1", ...anyPorts, "--state", state];
    const dev = new WorkerProcess(t, [...node, cli, ...args], { cwd: directory });
    const [, instance] = await dev.line(/pid (\d+)$/);
    const { pid } = JSON.parse(readFileSync(pathOf(state, "gateway.json"), "utf8")) as GatewayFile;
    t.after(() => identify(pid) && process.kill(pid, "SIGTERM"));
    await end(dev);
    await dev.exited;
    await eventually(
      () => (identify(pid) === null && identify(Number(instance)) === null) || undefined,
      () => "supervisor and instance have ended",
    );
  });

test("skein dev: an entry that does not exist is told", async (t) => {
  const dev = new WorkerProcess(t, [...node, cli, "dev", "no-such.js"]);
  await dev.line(/there is no file no-such\.js/, dev.errors);
  assert.notEqual((await dev.exited).code, 0);
});
