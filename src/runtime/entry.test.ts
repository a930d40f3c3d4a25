import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { inheritedNodeFlags } from "./entry.ts";

const cases: { given: string[]; inherited: string[] }[] = [
  { given: [], inherited: [] },
  {
    given: ["--conditions=a", "--max-old-space-size=300"],
    inherited: ["--conditions=a", "--max-old-space-size=300"],
  },
  { given: ["--conditions", "a", "-C", "b"], inherited: ["--conditions=a", "--conditions=b"] },
  { given: ["--max-http-header-size", "16384"], inherited: ["--max-http-header-size=16384"] },
  { given: ["--max_http_header_size", "16384"], inherited: ["--max_http_header_size=16384"] },
  { given: ["--import", "skein/auto", "-C", "a", "--no-warnings"], inherited: ["--conditions=a"] },
  { given: ["-e", "conditions()", "--inspect"], inherited: [] },
];

for (const { given, inherited } of cases) {
  test(`of "${given.join(" ")}" a child inherits "${inherited.join(" ")}"`, () => {
    assert.deepEqual(inheritedNodeFlags(given), inherited);
  });
}

test("node takes them before the file that it runs", () => {
  const flags = inheritedNodeFlags(["--conditions", "a", "-C", "b", "--max-http-header-size", "20000"]);
  const program = "console.log(require('node:http').maxHeaderSize)";
  const { stdout } = spawnSync(process.execPath, [...flags, "-e", program], { encoding: "utf8" });
  assert.equal(stdout, "20000\n");
});
