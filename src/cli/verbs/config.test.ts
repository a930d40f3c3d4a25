import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { check } from "./config.ts";

for (const [what, written, warned] of [
  ["that is plain text beyond loopback is warned of", { control: "0.0.0.0:7600" }, true],
  ["that asks for it is fine", { control: "0.0.0.0:7600", insecurePlainControl: true }, false],
  ["of this host alone is fine", { control: "127.0.0.1:7600" }, false],
] as const) {
  test(`skein config check: a control address ${what}`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), "skein-check-"));
    t.after(() => rmSync(directory, { recursive: true }));
    const file = join(directory, "skein.config.json");
    writeFileSync(file, JSON.stringify(written));
    const notes: string[] = [];
    const note = (text: string): void => void notes.push(text);
    const terminal = { columns: 80, out: () => {}, note, paint: (_: unknown, text: string) => text };
    assert.equal(await check(file, {}, terminal), 0);
    assert.match(notes.at(-1) ?? "", /^valid: /);
    const warning = /^warning: control: `skein up` refuses it here: .*--insecure-plain-control$/;
    assert.equal(
      notes.some((text) => warning.test(text)),
      warned,
      notes.join("\n"),
    );
  });
}
