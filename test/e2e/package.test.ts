import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
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

  test("a fresh TypeScript project takes every door, with nothing set and every declaration checked", () => {
    // As `npm install -D @types/node @types/ws` would put them there.
    for (const name of ["@types/node", "@types/ws", "undici-types"])
      cpSync(join("node_modules", name), join(elsewhere, "node_modules", name), { recursive: true });
    writeFileSync(
      join(elsewhere, "service.ts"),
      `import { createServer } from 'node:http';
       import { serve } from '@hono/node-server';
       import { client, deadline, join, type JoinOptions, signal } from 'skein';
       import 'skein/auto';
       import { defineConfig } from 'skein/config';
       import { startGateway } from 'skein/gateway';
       import { VirtualCluster } from 'skein/testing';
       const server = createServer((request, response) => void response.end(request.url));
       const options: JoinOptions = { weight: 2 };
       const worker = await join(server, 'orders', options);
       worker.on('desired', (desired) => void desired.toUpperCase());
       await join(serve({ fetch: () => new Response('hello') }), 'greetings', { id: process.env['ID'] });
       const orders = client('orders', { gateways: process.env['GATEWAYS'] });
       await orders.fetch('/', { method: 'POST', body: 'x', duplex: 'half', deadline: undefined });
       export default defineConfig({ listen: ':8080', routes: { '/': 'orders' } });
       export const all = [client, deadline, signal, startGateway, VirtualCluster];`,
    );
    const tsc = resolve("node_modules/.bin/tsc");
    run(elsewhere, tsc, "--noEmit", "service.ts");
    run(elsewhere, tsc, "--noEmit", "--strict", "--exactOptionalPropertyTypes", "service.ts");
    writeFileSync(
      join(elsewhere, "wrong.ts"),
      `import { defineConfig } from 'skein/config';\nexport default defineConfig({ listen: true });`,
    );
    const refused = spawnSync(tsc, ["--noEmit", "wrong.ts"], { cwd: elsewhere, encoding: "utf8" });
    assert.match(refused.stdout, /^wrong\.ts\(2,/m, "what is wrong is found");
  });

  test("ships the built dashboard", () => {
    const dashboard = join(elsewhere, "node_modules/skein/dist/dashboard");
    const page = readFileSync(join(dashboard, "index.html"), "utf8");
    const script = /src="\.\/(assets\/[\w-]+\.js)"/.exec(page)?.[1] ?? "";
    assert.ok(readFileSync(join(dashboard, script)).byteLength > 10_000);
  });

  const shipped = (): string[] =>
    run(join(elsewhere, "node_modules/skein"), "find", ".", "-type", "f").trim().split("\n");

  test("ships no test, no test double, no source and no command of the repository", () => {
    assert.deepEqual(
      shipped().filter((file) => /\.test\.|\/testing-|(?<!\.d)\.ts$|demo\/(soak|hops|scale)/.test(file)),
      [],
    );
  });

  test("what its pages link to is shipped as well", () => {
    const files = shipped();
    const pages = files.filter((file) => file.endsWith(".md"));
    assert.ok(pages.includes("./README.md"));
    const missing = pages.flatMap((page) => {
      const text = readFileSync(join(elsewhere, "node_modules/skein", page), "utf8");
      const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = ""]) => link);
      const targets = links.map((link) => `./${join(dirname(page), link)}`);
      return targets.filter((target) => !files.some((file) => `${file}/`.startsWith(`${target}/`)));
    });
    assert.deepEqual(missing, []);
  });
});
