import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as pathOf } from "node:path";
import { test, type TestContext } from "node:test";
import { issueCertificate, makeAuthority } from "../../src/authority/authority.ts";
import type { RunSidecarOptions } from "../../src/supervisor/local/options.ts";
import { TestingController } from "../../src/worker/testing-controller.ts";
import { eventually } from "./harness.ts";
import { get, node, WorkerProcess } from "./worker-process.ts";

const app = (name: string): string => pathOf(import.meta.dirname, "worker-apps", name);
const program = [process.execPath, app("program.ts")];

async function started(
  t: TestContext,
  options: Partial<RunSidecarOptions> = {},
  env: Record<string, string> = {},
) {
  const controller = await TestingController.start();
  t.after(async () => controller.close());
  const all = { service: "orders", command: program, graceMs: 1, ...options };
  const sidecar = new WorkerProcess(t, [...node, app("sidecar.ts"), JSON.stringify(all)], {
    env: { SKEIN_CONTROL: controller.url, ...env },
  });
  return { controller, sidecar };
}

async function programOf(sidecar: WorkerProcess) {
  const [, pid, port] = await sidecar.line(/^program (\d+) on (\d+)/);
  return { pid: Number(pid), port, url: `http://127.0.0.1:${port}` };
}

test("starts the program on a free port, joins for it when it listens, and beats", async (t) => {
  const { controller, sidecar } = await started(t);
  const { port } = await programOf(sidecar);
  const hello = await controller.hear("hello");
  assert.deepEqual([hello.service, hello.address], ["orders", `:${port}`]);
  await controller.hear("beat");
});

test("says once that it has joined, and again when no controller answered for a while", async (t) => {
  const { controller, sidecar } = await started(t, { id: "o-1" });
  const { port } = await programOf(sidecar);
  const joined = (): string[] => sidecar.errors.filter((line) => line.includes("has joined"));
  await sidecar.line(
    new RegExp(`^skein run: orders/o-1 has joined, with .*node on port ${port}$`),
    sidecar.errors,
  );
  const { port: door } = controller;
  await controller.close();
  await sidecar.line(/no controller answers at /, sidecar.errors);
  assert.equal(joined().length, 1);
  const back = await TestingController.start(door);
  t.after(async () => back.close());
  await eventually(
    () => joined().length === 2 || undefined,
    () => "it says that it has joined again",
  );
});

test("says that it is refused for now, and by whom, and not that no controller answers", async (t) => {
  const { controller, sidecar } = await started(t, { id: "o-1" });
  const [code, detail] = ["name-elsewhere", "leads to 10.0.0.5"];
  controller.refusal = { t: "refused", code, detail, final: false, retryAfterMs: 1_000 };
  await sidecar.line(
    /^skein run: http:\S+ refuses orders\/o-1 for now \(name-elsewhere: leads to 10\.0\.0\.5\); tried again/,
    sidecar.errors,
  );
});

test("a program that is killed: the session ends without goodbye, a new life joins on the same port", async (t) => {
  const { controller, sidecar } = await started(t);
  const { pid, port } = await programOf(sidecar);
  const first = await controller.hear("hello");
  process.kill(pid, "SIGKILL");
  await sidecar.line(/ended \(signal SIGKILL\); started again at once/, sidecar.errors);
  await controller.hear("hello", (hello) => hello.instance !== first.instance);
  assert.deepEqual(controller.kinds, ["hello", "hello"]);
  const second = controller.sessions[1]?.hello;
  assert.deepEqual([second?.id, second?.address], [first.id, `:${port}`]);
});

test("a failing check is told as blocked, its recovery as unblocked", async (t) => {
  const { controller, sidecar } = await started(t, { check: "/healthz" });
  const { url } = await programOf(sidecar);
  await controller.hear("hello");
  await get(`${url}/sick`);
  await controller.hear("blocked");
  await get(`${url}/well`);
  await controller.hear("unblocked");
});

test("SIGTERM: out of the cluster first, then SIGTERM to the program, whose exit code is ours", async (t) => {
  const { controller, sidecar } = await started(t, {}, { POLITE: "on" });
  const { url } = await programOf(sidecar);
  await controller.hear("hello");
  let answered = 0;
  controller.beforeDraining = async () => {
    answered = (await get(url)).status;
  };
  sidecar.child.kill("SIGTERM");
  assert.deepEqual(await sidecar.exited, { code: 5, signal: null });
  assert.equal(answered, 200);
  assert.ok(sidecar.lines.includes("program got SIGTERM"));
  assert.deepEqual(controller.kinds, ["hello", "drain", "leave"]);
});

test("a program that cannot be started is told, with exit code 1", async (t) => {
  const { sidecar } = await started(t, { command: ["/no/such/program"] });
  await sidecar.line(/cannot start \/no\/such\/program: .*ENOENT/, sidecar.errors);
  assert.equal((await sidecar.exited).code, 1);
});

for (const [name, reason] of [
  ["gone", "ENOENT"],
  ["behind a file", "ENOTDIR"],
] as const)
  test(`a program that has run, and whose file is ${name} for a moment, is tried again`, async (t) => {
    const directory = mkdtempSync(pathOf(tmpdir(), "skein-run-"));
    t.after(() => rmSync(directory, { recursive: true }));
    const [place, away] = [pathOf(directory, "place"), pathOf(directory, "away")];
    mkdirSync(place);
    const file = pathOf(place, "orders");
    writeFileSync(file, `#!/bin/sh\nexec '${program.join("' '")}'\n`, { mode: 0o755 });
    const { sidecar } = await started(t, { command: [file] });
    const { pid } = await programOf(sidecar);
    renameSync(place, away);
    if (name === "behind a file") writeFileSync(place, "");
    process.kill(pid, "SIGKILL");
    await sidecar.line(new RegExp(`cannot start .*${reason}`), sidecar.errors);
    await sidecar.line(/has run before: tried again/, sidecar.errors);
    rmSync(place, { force: true });
    renameSync(away, place);
    await eventually(
      () => sidecar.lines.filter((line) => line.startsWith("program ")).length === 2 || undefined,
      () => "the program runs again",
    );
  });

test("a program that ends at once again and again is tried ever more rarely", async (t) => {
  const { sidecar } = await started(t, { command: [process.execPath, "-e", "process.exit(3)"] });
  await sidecar.line(/ended \(code 3\); started again at once/, sidecar.errors);
  await sidecar.line(/ended \(code 3\); started again in 0\.[1-9]/, sidecar.errors);
  await sidecar.line(/ended \(code 3\); started again in 0\.5/, sidecar.errors);
  sidecar.child.kill("SIGTERM");
  assert.equal((await sidecar.exited).signal, null);
});

test("nobody reads its messages any more: it goes on watching its program", async (t) => {
  const script = `console.log("started"); process.exit(3)`;
  const command = [process.execPath, "-e", script];
  const cli = pathOf(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
  const args = ["run", "--service", "orders", "--control", "127.0.0.1:1", "--"];
  const sidecar = new WorkerProcess(t, [...node, cli, ...args, ...command]);
  await sidecar.line(/started/);
  sidecar.child.stderr?.destroy();
  const again = sidecar.lines.length + 3;
  await eventually(
    () => sidecar.lines.length >= again || undefined,
    () => `the program is started again and again; ${sidecar.lines.length} times so far`,
  );
  assert.equal(sidecar.child.exitCode, null);
  sidecar.child.kill("SIGTERM");
  assert.equal((await sidecar.exited).signal, null);
});

test("SKEIN_CA: who it vouches for is joined, and nobody else", async (t) => {
  const directory = mkdtempSync(pathOf(tmpdir(), "skein-run-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const month = { now: Date.now(), days: 30 };
  const authority = makeAuthority("a", month);
  const ca = pathOf(directory, "ca.pem");
  writeFileSync(ca, authority.cert);
  const start = async (issuer: typeof authority): Promise<TestingController> => {
    const tls = issueCertificate(issuer, ["127.0.0.1"], month);
    const controller = await TestingController.start(0, undefined, tls);
    t.after(async () => controller.close());
    return controller;
  };
  const [ours, strange] = [await start(authority), await start(makeAuthority("b", month))];
  const { sidecar } = await started(t, { control: [strange.url, ours.url] }, { SKEIN_CA: ca });
  await programOf(sidecar);
  await ours.hear("hello");
  assert.deepEqual(strange.kinds, []);
});
