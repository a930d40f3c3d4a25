import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { errorDocs } from "../scripts/error-docs.ts";
import { readInterfaces } from "../scripts/interfaces.ts";
import { workerDocs, workerDocsFile } from "../scripts/worker-docs.ts";
import { problems } from "../src/protocol/problem.ts";
import { packageVersion } from "../src/protocol/version.ts";

test("docs/errors.md is what the problem table says", () => {
  assert.equal(readFileSync("docs/errors.md", "utf8"), errorDocs());
});

test("docs/workers.md has the options of join as their comments say", () => {
  const message = "it is old; run: node --conditions=skein-source scripts/worker-docs.ts";
  assert.ok(readFileSync(workerDocsFile, "utf8") === workerDocs(), message);
});

test("every option of join has a text", () => {
  const options = readInterfaces("src/worker/options.ts").find(({ name }) => name === "JoinOptions");
  assert.ok(options !== undefined && options.keys.length > 0);
  assert.deepEqual(
    options.keys.filter(({ text }) => text === ""),
    [],
  );
});

test("problem codes are unique and kebab-case", () => {
  const codes = Object.values(problems).map((problem) => problem.code);
  assert.equal(new Set(codes).size, codes.length);
  for (const code of codes) assert.match(code, /^[a-z]+(-[a-z]+)*$/);
});

test("the version in the code is the version of the package", () => {
  const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  assert.equal(packageVersion, manifest.version);
});

test("nobody is told to install from a registry what is in none", () => {
  const told = ["README.md", "docs/*.md", "examples/*", "deploy/*", "src/cli/program/*.ts"];
  const installed = globSync(told).flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/\bnpm (?:install|i|add) ([^\n&|`]+)/g)].flatMap(
      ([, what = ""]) => what.split(" ").filter((word) => word.includes("skein")),
    ),
  );
  assert.ok(installed.length > 8);
  const packed = new RegExp(`/skein-(${packageVersion.replaceAll(".", "\\.")}|<version>)\\.tgz`);
  for (const name of installed) assert.match(name, packed);
});
