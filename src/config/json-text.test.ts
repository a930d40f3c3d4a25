import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { JsonFault, readJson } from "./json-text.ts";

test("reads what JSON.parse reads", () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 2), (text, indent) => {
      const given = JSON.stringify(JSON.parse(text), null, indent);
      assert.deepEqual(readJson(given).value, JSON.parse(given));
    }),
  );
});

test("tells where things stand", () => {
  const text = readJson('{\n  "a": 1,\n  "b": { "c": [10,\n    { "d": 2 }] }\n}');
  const at = (...path: (string | number)[]): string => {
    const { line, column } = text.positionOf(path);
    return `${line}:${column}`;
  };
  assert.equal(at("a"), "2:3");
  assert.equal(at("b", "c"), "3:10");
  assert.equal(at("b", "c", 0), "3:16");
  assert.equal(at("b", "c", 1, "d"), "4:7");
  assert.equal(at("b", "c", 1, "missing"), "4:5");
  assert.equal(at(), "1:1");
});

test("each key stands where it is told, on whichever line", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.json()), fc.constantFrom(0, 2), (object, indent) => {
      const given = JSON.stringify(object, null, indent);
      const lines = given.split("\n");
      const text = readJson(given);
      for (const key of Object.keys(object)) {
        const { line, column } = text.positionOf([key]);
        assert.ok(lines[line - 1]?.slice(column - 1).startsWith(`${JSON.stringify(key)}:`));
      }
    }),
  );
});

const faults: [string, string][] = [
  ["", "1:1 the file ends in the middle"],
  ['{"a": 1', '1:8 "," or "}" is missing'],
  ['{"a": 1,}', '1:9 a comma stands before "}"'],
  ['{"a": 1 "b": 2}', '1:9 "," or "}" is missing'],
  ["{a: 1}", "1:2 a key in double quotes is missing"],
  ['{"a" 1}', '1:6 ":" is missing'],
  ['{"a": 1,\n "a": 2}', '2:2 the key "a" stands twice in this object'],
  ["// hello\n{}", "1:1 JSON has no comments"],
  ['{"a": tru}', "1:7 tru is not JSON"],
  ['{"a": "x\n"}', "1:7 a text is not closed on its line"],
  ['{"a": "\\x"}', '1:7 "\\x" is not JSON'],
  ["{} {}", "1:4 something stands after the end"],
  ["[".repeat(200), "1:102 nested too deeply"],
];

for (const [text, expected] of faults) {
  test(`${JSON.stringify(text.slice(0, 20))}: ${expected}`, () => {
    assert.throws(
      () => readJson(text),
      (fault) => {
        assert.ok(fault instanceof JsonFault);
        assert.equal(`${fault.position.line}:${fault.position.column} ${fault.message}`, expected);
        return true;
      },
    );
  });
}
