import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

/** Runs a command to its end; a failure shows what it printed. */
function run(cwd: string, command: string, ...args: string[]): string {
  // What is compiled for a directory that goes away is not worth keeping.
  const { NODE_COMPILE_CACHE: _, ...environment } = process.env;
  const result = spawnSync(command, args, { cwd, encoding: "utf8", env: { ...environment, NO_COLOR: "1" } });
  assert.equal(result.status, 0, `${command} ${args.join(" ")}\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

describe("the packed tarball, installed elsewhere", () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "skein-package-"));

  before(() => {
    run(".", "npm", "pack", "--pack-destination", elsewhere);
    const tarball = readdirSync(elsewhere).find((name) => name.endsWith(".tgz"));
    assert.ok(tarball !== undefined, "npm pack made no tarball");
    writeFileSync(join(elsewhere, "package.json"), '{"name":"elsewhere","private":true,"type":"module"}');
    run(
      elsewhere,
      "npm",
      "install",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--prefer-offline",
      `./${tarball}`,
    );
  });

  after(() => rmSync(elsewhere, { recursive: true, force: true }));

  test("has no install script", () => {
    const manifest = JSON.parse(readFileSync(join(elsewhere, "node_modules/skein/package.json"), "utf8")) as {
      scripts?: Record<string, string>;
    };
    for (const name of ["preinstall", "install", "postinstall", "prepare"]) {
      assert.equal(manifest.scripts?.[name], undefined);
    }
  });

  test("npx skein --help tells the verbs", () => {
    const help = run(elsewhere, "npx", "skein", "--help");
    for (const verb of ["up", "dev", "demo", "ps", "drain", "config"])
      assert.match(help, new RegExp(`\\b${verb}\\b`));
  });

  test("every door opens and gives what it promises", () => {
    writeFileSync(
      join(elsewhere, "doors.js"),
      `import { join } from 'skein';
       import { defineConfig } from 'skein/config';
       import { startGateway } from 'skein/gateway';
       import { VirtualCluster } from 'skein/testing';
       console.log([join, defineConfig, startGateway, VirtualCluster].map((door) => typeof door).join(' '));
       process.exit(0);`,
    );
    assert.equal(run(elsewhere, "node", "doors.js").trim(), "function function function function");
  });

  test("ships the built dashboard", () => {
    const dashboard = join(elsewhere, "node_modules/skein/dist/dashboard");
    const page = readFileSync(join(dashboard, "index.html"), "utf8");
    const script = /src="\.\/(assets\/[\w-]+\.js)"/.exec(page)?.[1] ?? "";
    assert.ok(readFileSync(join(dashboard, script)).byteLength > 10_000);
  });

  test("ships no test, no test double and no source", () => {
    const files = run(join(elsewhere, "node_modules/skein"), "find", ".", "-type", "f").split("\n");
    assert.deepEqual(
      files.filter((file) => /\.test\.|\/testing-|(?<!\.d)\.ts$/.test(file)),
      [],
    );
  });
});
