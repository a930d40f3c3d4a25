import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import {
  type ConfigurationSource,
  evaluateInChild,
  readSource,
  sourceFromArguments,
  sourceToArguments,
} from "./source.ts";
import { SupervisorError } from "./supervisor-error.ts";

function sourceOf(context: TestContext, name: string, text: string): ConfigurationSource {
  const directory = mkdtempSync(join(tmpdir(), "skein-source-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, name);
  writeFileSync(file, text);
  return { kind: "evaluated", request: { file, directory, flags: {} } };
}

function isRefused(words: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof SupervisorError);
    assert.equal(error.code, "configuration-invalid");
    assert.match(error.detail, words);
    return true;
  };
}

test("a configuration is evaluated in a process of its own", async (context) => {
  const source = sourceOf(
    context,
    "skein.config.ts",
    `export default { listen: ":8081", routes: { "/": "web" } };`,
  );
  const { configuration, file } = await readSource(source);
  assert.equal(configuration.listeners[0]?.port, 8081);
  assert.match(file ?? "", /skein\.config\.ts$/);
});

test("what is wrong in it is told with its place", async (context) => {
  const source = sourceOf(context, "skein.config.json", `{ "lisen": ":8080" }`);
  await assert.rejects(readSource(source), isRefused(/skein\.config\.json:1:3.*lisen/s));
});

test("a configuration that ends its process is an error, not a silence", async (context) => {
  const source = sourceOf(context, "skein.config.ts", `process.exit(0);`);
  await assert.rejects(readSource(source), isRefused(/./));
});

test("a configuration that is not read in time is given up, and not said to wait: the host may be busy", async (context) => {
  const source = sourceOf(context, "skein.config.json", "{}");
  assert.ok(source.kind === "evaluated");
  const evaluation = evaluateInChild(source.request, 1);
  await assert.rejects(evaluation, isRefused(/took longer than 1 ms: this host may be too busy, or /));
});

test("a directory that is there no more is told as that", async (context) => {
  const source = sourceOf(context, "skein.config.json", "{}");
  assert.ok(source.kind === "evaluated");
  rmSync(source.request.directory, { recursive: true });
  await assert.rejects(readSource(source), isRefused(/there is no directory .*skein-source-/));
});

test("the source passes through the command line of the next supervisor", () => {
  const source: ConfigurationSource = { kind: "resolved", file: "/a b/c.json" };
  assert.deepEqual(sourceFromArguments(sourceToArguments(source)), source);
  assert.throws(() => sourceFromArguments(["--other"]), isRefused(/skein up/));
});

test("a configuration that would not fit into one line to the controllers is refused with a reason", async (context) => {
  const source = sourceOf(
    context,
    "skein.config.ts",
    `export default { routes: { ["/" + "x".repeat(3 * 2 ** 20)]: "web" } };`,
  );
  await assert.rejects(readSource(source), isRefused(/larger than \d+ bytes/));
});
