import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { processesOf } from "../../src/demo/cluster/belonging.ts";
import { readResults } from "../../bench/suite/results.ts";
import { missingTool } from "../tools.ts";

const skip =
  process.platform !== "linux" || availableParallelism() < 2
    ? "needs Linux and two cores"
    : missingTool("wrk", "wrk");

test(
  "a bench run measures the gateway and its workers, writes every measurement, and leaves nothing behind",
  { skip },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), "skein-bench-test-"));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const json = join(directory, "results.json");
    const asked = "--quick --cases get,connections-64 --peers skein-link,bare --rounds 1 --json";
    const child = spawn(
      process.execPath,
      ["--conditions=skein-source", "bench/main.ts", ...asked.split(" "), json],
      // Everything that it makes lies here, so that what it leaves behind is found.
      { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, TMPDIR: directory } },
    );
    t.after(() => child.kill("SIGTERM"));
    const exited = new Promise<number | null>((done) => child.on("exit", done));
    const output = await text(child.stdout);
    assert.equal(await exited, 0, output);
    const { measurements, failures, peers } = readResults(readFileSync(json, "utf8"));
    assert.deepEqual(failures, []);
    assert.deepEqual(measurements.map(({ case: name, peer, loop }) => `${name} ${peer} ${loop}`).sort(), [
      "connections-64 bare open",
      "connections-64 skein-link open",
      "get bare closed",
      "get skein-link closed",
    ]);
    for (const one of measurements) {
      assert.ok(one.requests > 100 && one.worker.user + one.worker.system > 0, JSON.stringify(one));
      assert.equal(one.proxy.user + one.proxy.system > 0, one.peer !== "bare");
    }
    assert.ok(peers["skein-link"]?.adds.includes("x-request-id"));
    assert.match(output, /get: small GET, 64 connections/);
    assert.deepEqual(processesOf(directory), []);
  },
);
