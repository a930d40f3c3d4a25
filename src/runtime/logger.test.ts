import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";

const program = `
  const { createLogger } = await import(${JSON.stringify(new URL("./logger.ts", import.meta.url).href)});
  const logger = createLogger({ role: "proxy" });
  logger.info({}, "one");
  setImmediate(() => {
    logger.info({ key: "value" }, "two");
    process.stdout.write("alive");
    process.exit(0);
  });
`;

function run(stderr: "pipe" | number): ReturnType<typeof spawnSync> {
  const args = ["--conditions=skein-source", "--input-type=module", "-e", program];
  return spawnSync(process.execPath, args, {
    stdio: ["ignore", "pipe", stderr],
    timeout: 30_000,
    env: { ...process.env, SKEIN_LOG_FORMAT: "json", SKEIN_LOG_LEVEL: "info" },
  });
}

test("one line of JSON per entry, on stderr", () => {
  const { stdout, stderr } = run("pipe");
  assert.equal(String(stdout), "alive");
  const lines = String(stderr)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    lines.map(({ role, key, msg }) => [role, key, msg]),
    [
      ["proxy", undefined, "one"],
      ["proxy", "value", "two"],
    ],
  );
});

test(
  "a log on a full disk does not end the process",
  { skip: process.platform !== "linux" && "there is no /dev/full" },
  () => {
    const full = openSync("/dev/full", "w");
    const { status, stdout } = run(full);
    closeSync(full);
    assert.deepEqual([status, String(stdout)], [0, "alive"]);
  },
);
