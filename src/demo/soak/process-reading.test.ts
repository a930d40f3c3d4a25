import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { readProcess, residentBytesIn } from "./process-reading.ts";

test("resident memory is what the kernel calls so", () => {
  const status = "Name:\tnode\nVmHWM:\t  200 kB\nVmRSS:\t   113608 kB\nRssAnon:\t 1 kB\n";
  assert.equal(residentBytesIn(status), 113_608 * 1024);
  assert.equal(residentBytesIn("Name:\tzombie\n"), 0);
});

test("a socket that is opened is counted", { skip: process.platform !== "linux" }, async (context) => {
  const before = readProcess(process.pid);
  const server = createServer().listen(0, "127.0.0.1");
  context.after(() => server.close());
  await once(server, "listening");
  const after = readProcess(process.pid);
  assert.ok(before !== undefined && after !== undefined);
  assert.equal(after.sockets - before.sockets, 1);
  assert.ok(after.descriptors > after.sockets);
  assert.ok(after.residentBytes > 10 * 1024 * 1024);
});

test("a process that is gone has no reading", { skip: process.platform !== "linux" }, () => {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  assert.equal(readProcess(pid), undefined);
});
