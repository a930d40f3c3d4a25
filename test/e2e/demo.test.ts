import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { eventually } from "../../src/demo/wait.ts";
import type { DemoReply } from "../../src/protocol/demo.ts";
import { missingTool } from "../tools.ts";

/** Processes whose command line or environment names `text`. */
function processesNaming(text: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const all =
          readFileSync(`/proc/${pid}/cmdline`, "utf8") + readFileSync(`/proc/${pid}/environ`, "utf8");
        return all.includes(text);
      } catch {
        return false;
      }
    });
}

test(
  "the demo opens with its addresses, serves, and leaves nothing behind when it is ended",
  { skip: process.platform !== "linux" && "reads /proc" },
  async (t) => {
    const child = spawn(process.execPath, ["--conditions=skein-source", "src/cli/main.ts", "demo"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.after(() => child.kill("SIGKILL"));
    const ended = new Promise<void>((done) => child.on("exit", () => done()));
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const url = await eventually(() => /http:\S+\/orders\/7/.exec(text)?.[0], { withinMs: 30_000 });
    assert.ok(url !== undefined, text);
    const directory = await eventually(() => /state in\s+(\S+)\n/.exec(text)?.[1], { withinMs: 5000 });
    assert.ok(directory !== undefined && existsSync(directory));
    const answer = await fetch(url);
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { id: "7", state: "open" });
    const dashboard = /dashboard (\S+)\n/.exec(text)?.[1];
    assert.ok(dashboard !== undefined, text);
    assert.match(await (await fetch(dashboard)).text(), /<title>skein/);
    assert.ok(processesNaming(directory).length > 0);
    assert.deepEqual(
      text.split("\n").filter((line) => line.length > 80),
      [],
    );
    child.kill("SIGTERM");
    await ended;
    const left = await eventually(() => (processesNaming(directory).length === 0 ? true : undefined), {
      withinMs: 10_000,
    });
    assert.equal(left, true, `left behind: ${processesNaming(directory).join(", ")}`);
    assert.equal(existsSync(directory), false);
  },
);

test(
  "at a terminal: the dashboard that it names breaks what the demo started, the terminal tells the same, q ends all",
  { skip: process.platform === "linux" ? missingTool("script", "bsdutils") : "reads /proc" },
  async (t) => {
    const command = `${process.execPath} --conditions=skein-source src/cli/main.ts demo`;
    const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      env: { ...process.env, NO_COLOR: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    // Its terminal goes with it, and the demo with that.
    t.after(() => child.kill("SIGKILL"));
    const ended = new Promise<number | null>((done) => child.on("exit", done));
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const link = await eventually(() => /dashboard (http:\S+)\/#token=(\S+)/.exec(text) ?? undefined, {
      withinMs: 60_000,
    });
    assert.ok(link !== undefined, text);
    const [, url = "", token = ""] = link;
    const directory = /state in\s+(\S+)/.exec(text)?.[1] ?? "";
    const look = async (): Promise<DemoReply> => (await (await fetch(`${url}/v1/demo`)).json()) as DemoReply;
    assert.deepEqual((await look()).workers, ["orders-1", "orders-2", "orders-3"]);
    const broken = await fetch(`${url}/v1/demo/faults`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ fault: "kill-supervisor" }),
    });
    assert.equal(broken.status, 200);
    child.stdin.write("w");
    await eventually(() => /one thing at a time/.exec(text) ?? undefined, { withinMs: 10_000 });
    const over = await eventually(async () => (await look()).outcomes.find(({ stage }) => stage === "over"), {
      withinMs: 60_000,
      everyMs: 200,
    });
    assert.equal(over?.clients.failed, 0);
    const told = await eventually(
      () => /kill -9 the supervisor: \d+ requests, 0 failed/.exec(text) ?? undefined,
      {
        withinMs: 10_000,
      },
    );
    assert.ok(told !== undefined, text);
    child.stdin.write("q");
    assert.equal(await ended, 0);
    const left = await eventually(() => (processesNaming(directory).length === 0 ? true : undefined), {
      withinMs: 20_000,
    });
    assert.equal(left, true, `left behind: ${processesNaming(directory).join(", ")}`);
    assert.equal(existsSync(directory), false);
  },
);
