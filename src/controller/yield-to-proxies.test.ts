import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const module = new URL("yield-to-proxies.ts", import.meta.url).href;

/** What a process of its own says of its priority, before and after, where it begins at this one. */
function prioritiesFrom(begin: number): number[] {
  const script = `
    import { getPriority, setPriority } from "node:os";
    import { yieldToProxies } from ${JSON.stringify(module)};
    setPriority(${begin});
    const before = getPriority();
    yieldToProxies();
    console.log(JSON.stringify([before, getPriority()]));`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=skein-source", "--input-type=module", "--eval", script],
    { encoding: "utf8" },
  );
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout) as number[];
}

test("a controller is below what it was started at, and so below the proxies", () => {
  const [before = Number.NaN, after] = prioritiesFrom(10);
  assert.equal(before, 10);
  assert.equal(after, before + 5);
});

test("at the lowest there is nothing to give", () => {
  assert.deepEqual(prioritiesFrom(19), [19, 19]);
});
