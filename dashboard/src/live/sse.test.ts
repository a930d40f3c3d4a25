import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamParser } from "./sse.ts";

test("words come out the same at every cut", () => {
  const text = 'event: snapshot\ndata: {"a":1}\n\n: alive\n\nid: 3\nevent: happened\ndata: {}\n\n';
  const whole = new StreamParser().push(text);
  assert.deepEqual(whole, [
    { word: "snapshot", data: '{"a":1}' },
    { word: "happened", data: "{}" },
  ]);
  for (let cut = 0; cut <= text.length; cut += 1) {
    const parser = new StreamParser();
    assert.deepEqual([...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))], whole);
  }
});
