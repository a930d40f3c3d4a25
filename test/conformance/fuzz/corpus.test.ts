/** Inputs that once made a difference that is on no list: they are read at every cut, and written anew. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, it } from "node:test";
import { type Input, judge } from "./judge.ts";

const files = globSync("test/conformance/corpus/*.json").sort();

describe("past failures", () => {
  for (const file of files) {
    it(basename(file, ".json"), async () => {
      const { was, ...input } = JSON.parse(readFileSync(file, "utf8")) as Input & { was: string };
      const { verdict } = await judge(input, { cuts: "every", rewritten: true });
      assert.notEqual(verdict.kind, "difference", `${JSON.stringify(verdict)}\nOnce: ${was}`);
    });
  }
  it("there are some", () => assert.ok(files.length > 0));
});
