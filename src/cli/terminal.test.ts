import assert from "node:assert/strict";
import { test } from "node:test";
import { printable, wantsColour } from "./terminal.ts";

test("colours only where they are wanted", () => {
  assert.equal(wantsColour({}, true), true);
  assert.equal(wantsColour({}, undefined), false);
  assert.equal(wantsColour({ NO_COLOR: "1" }, true), false);
  assert.equal(wantsColour({ NO_COLOR: "" }, true), true);
  assert.equal(wantsColour({ NO_COLOR: "1", FORCE_COLOR: "1" }, true), false);
  assert.equal(wantsColour({ FORCE_COLOR: "1" }, false), true);
  assert.equal(wantsColour({ FORCE_COLOR: "0" }, true), false);
  assert.equal(wantsColour({ TERM: "dumb" }, true), false);
});

test("a name cannot steer the terminal", () => {
  assert.equal(printable("a\u001B[31mb\r\n\u009B"), String.raw`a\x1b[31mb\x0d\x0a\x9b`);
  assert.equal(printable("a\u202Eb\u2066c\u2028d\u061C"), String.raw`a\u202eb\u2066c\u2028d\u061c`);
  assert.equal(printable("sch\u00F6n"), "sch\u00F6n");
});
