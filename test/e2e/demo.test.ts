import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { eventually } from "../../src/demo/wait.ts";

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
