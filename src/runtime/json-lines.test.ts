import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeLine, JsonLines } from "./json-lines.ts";

test("values come out the same whatever the pieces are", () => {
  const values = [{ a: 1 }, [], "ä line with \n in it", { nested: { text: "€" } }];
  const bytes = Buffer.from(values.map(encodeLine).join(""));
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const lines = new JsonLines();
    const read = [...lines.push(bytes.subarray(0, cut)), ...lines.push(bytes.subarray(cut))];
    assert.deepEqual(read, values);
  }
});

test("an unfinished line is not a value yet", () => {
  const lines = new JsonLines();
  assert.deepEqual(lines.push(Buffer.from('{"a":1}')), []);
  assert.deepEqual(lines.push(Buffer.from("\n\n")), [{ a: 1 }]);
});

test("a line that is too long is an error, also before its end was seen", () => {
  const lines = new JsonLines(10);
  assert.deepEqual(lines.push(Buffer.from('"12345678"\n"1234')), ["12345678"]);
  assert.throws(() => lines.push(Buffer.from("567890")), /longer than 10 bytes/);
});

test("what is no JSON is an error", () => {
  assert.throws(() => new JsonLines().push(Buffer.from("hello\n")), SyntaxError);
});
