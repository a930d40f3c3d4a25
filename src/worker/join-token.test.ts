import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { joinTokenIn, proxiesTokenIn } from "./join-token.ts";

test("a token comes from the environment, or from the file that it names", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-join-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "token");
  writeFileSync(file, "from-file\n");
  const named = { SKEIN_JOIN_TOKEN_FILE: file };
  assert.equal(joinTokenIn({}), undefined);
  assert.equal(joinTokenIn(named), "from-file");
  assert.equal(joinTokenIn({ ...named, SKEIN_JOIN_TOKEN: "join" }), "join");
  assert.equal(joinTokenIn({ SKEIN_TOKEN: "", SKEIN_JOIN_TOKEN: "join" }), "join");
  assert.equal(joinTokenIn({ SKEIN_TOKEN: "operator", SKEIN_JOIN_TOKEN: "join" }), "operator");
  assert.equal(proxiesTokenIn({ SKEIN_TOKEN: "operator", SKEIN_JOIN_TOKEN: "join" }), "join");
  assert.equal(proxiesTokenIn({ SKEIN_TOKEN: "operator" }), undefined);
  assert.equal(joinTokenIn({ SKEIN_TOKEN: "made-by-echo\n" }), "made-by-echo");
  for (const two of ["one\ntwo", "one two", "tök"]) {
    writeFileSync(file, two);
    for (const environment of [named, { SKEIN_TOKEN: two }, { SKEIN_JOIN_TOKEN: two }])
      assert.throws(() => joinTokenIn(environment), /has no line break, space or character beyond ASCII/);
  }
  assert.throws(
    () => joinTokenIn({ SKEIN_JOIN_TOKEN_FILE: join(directory, "none") }),
    /cannot be read \(ENOENT\)/,
  );
});
