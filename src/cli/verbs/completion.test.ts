import assert from "node:assert/strict";
import { test } from "node:test";
import { buildProgram } from "../program.ts";
import { openTestingControl } from "../testing-control.ts";
import { complete } from "./completion.ts";

test("names of what runs are offered, and none where they do not come in time", async (t) => {
  const control = await openTestingControl(() => ({ json: { v: 1, workers: [{ id: "orders-1" }] } }));
  const environment = { ...process.env };
  process.env["SKEIN_CONTROL"] = control.address;
  t.after(() => {
    process.env = environment;
    control.close();
  });
  const out: string[] = [];
  const terminal = {
    columns: 80,
    out: (line: string) => void out.push(line),
    note: () => {},
    paint: (_: unknown, text: string) => text,
  };
  const program = buildProgram({ terminal, ended: () => {} });
  assert.equal(await complete(program, ["drain", ""], terminal), 0);
  assert.deepEqual(out.splice(0), ["orders-1"]);
  assert.equal(await complete(program, ["drain", ""], terminal, AbortSignal.abort()), 0);
  assert.deepEqual(out, []);
});
