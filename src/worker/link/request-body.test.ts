import assert from "node:assert/strict";
import { test } from "node:test";
import { TrailerScanner } from "../../http1/trailers.ts";
import { initialCreditBytes } from "../../link/link.ts";
import { type BodySink, RequestBody } from "./request-body.ts";

/** Takes everything, or as long as it is told to. */
class Sink implements BodySink {
  got = "";
  takes = true;
  ended: "no" | "yes" | "with trailers" = "no";

  body(bytes: Buffer): boolean {
    this.got += bytes.length > 100 ? `[${bytes.length}]` : bytes.toString();
    return this.takes;
  }

  whole(trailers: TrailerScanner | undefined): void {
    this.ended = trailers === undefined ? "yes" : "with trailers";
  }
}

const bytes = (text: string): Buffer => Buffer.from(text);
const tick = async (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
const trailers = (): TrailerScanner => new TrailerScanner({ headBytesMax: 100, fieldsMax: 1 });

function begun(
  framing: "none" | "length" | "chunked",
  length = 0,
): { body: RequestBody; sink: Sink; back: number[] } {
  const back: number[] = [];
  const body = new RequestBody((credit) => back.push(credit));
  body.begin(framing, length);
  return { body, sink: new Sink(), back };
}

test("what comes before somebody takes it is held, and passed on then", () => {
  const { body, sink } = begun("length", 6);
  assert.equal(body.take(bytes("abc")), true);
  assert.equal(body.take(bytes("def")), true);
  assert.deepEqual([body.whole, body.taken, sink.got], [false, false, ""]);
  body.passTo(sink);
  assert.deepEqual([body.whole, sink.got, sink.ended], [true, "abcdef", "yes"]);
});

test("a body of single bytes that had to wait is passed on as fast as it came", async () => {
  const spent = { taking: 0, passing: 0 };
  for (const count of [16_000, 64_000]) {
    const { body, sink } = begun("chunked");
    const pieces = Array.from({ length: count }, () => bytes("x"));
    body.passTo(sink);
    body.pause();
    const begunAt = process.cpuUsage();
    for (const piece of pieces) body.take(piece);
    spent.taking += process.cpuUsage(begunAt).user;
    const resumedAt = process.cpuUsage();
    body.resume();
    await tick();
    spent.passing += process.cpuUsage(resumedAt).user;
    assert.deepEqual([sink.got.length, body.heldBytes], [count, 0]);
  }
  // Of about the same size. Moving all that is left for each of them made it hundreds of milliseconds.
  assert.ok(spent.passing < 20_000 + 10 * spent.taking, JSON.stringify(spent));
});

test("what is paused and resumed over and over stays in its order", async () => {
  const { body, sink } = begun("chunked");
  body.passTo(sink);
  let sent = "";
  for (let round = 0; round < 50; round += 1) {
    sink.takes = round % 3 === 0;
    for (const text of ["a", "b", "c"].map((letter) => `${letter}${round},`)) {
      sent += text;
      assert.equal(body.take(bytes(text)), true);
    }
    body.resume();
    await tick();
    assert.equal(
      sink.got + "?".repeat(body.heldBytes),
      sent.slice(0, sink.got.length).padEnd(sent.length, "?"),
    );
  }
  sink.takes = true;
  body.resume();
  await tick();
  assert.equal(sink.got, sent);
});

test("a body is whole when its length has come, in chunks at its end; none is whole at once", () => {
  const none = begun("none");
  none.body.passTo(none.sink);
  assert.equal(none.sink.ended, "yes");
  const length = begun("length", 3);
  length.body.passTo(length.sink);
  assert.equal(length.body.take(bytes("ab")), true);
  assert.equal(length.sink.ended, "no");
  assert.equal(length.body.take(bytes("c")), true);
  assert.equal(length.sink.ended, "yes");
  assert.equal(length.body.end(undefined), true);
  const chunked = begun("chunked");
  chunked.body.passTo(chunked.sink);
  assert.equal(chunked.body.take(bytes("ab")), true);
  assert.equal(chunked.body.end(trailers()), true);
  assert.deepEqual([chunked.sink.got, chunked.sink.ended], ["ab", "with trailers"]);
});

const broken: [name: string, breaks: () => boolean][] = [
  ["bytes where there is no body", () => begun("none").body.take(bytes("x"))],
  ["more than the length", () => begun("length", 1).body.take(bytes("xy"))],
  ["an end before the length", () => begun("length", 1).body.end(undefined)],
  ["trailers after a length", () => begun("length", 1).body.end(trailers())],
  ["trailers where there is no body", () => begun("none").body.end(trailers())],
  [
    "bytes after the end",
    () => {
      const { body } = begun("chunked");
      body.end(undefined);
      return body.take(bytes("x"));
    },
  ],
  ["more than its credit", () => begun("chunked").body.take(Buffer.alloc(initialCreditBytes + 1))],
];
for (const [name, breaks] of broken) {
  test(`breaks the rules: ${name}`, () => {
    assert.equal(breaks(), false);
  });
}

test("a reader that has enough gets the rest a tick after it wants more; the end waits behind it", async () => {
  const { body, sink } = begun("chunked");
  sink.takes = false;
  body.passTo(sink);
  for (const text of ["a", "b", "c"]) assert.equal(body.take(bytes(text)), true);
  assert.equal(body.end(undefined), true);
  assert.deepEqual([sink.got, sink.ended], ["a", "no"]);
  sink.takes = true;
  body.resume();
  body.resume();
  assert.equal(sink.got, "a");
  await tick();
  assert.deepEqual([sink.got, sink.ended], ["abc", "yes"]);
});

test("credit is given back for what was passed on, by halves, and for nothing else", () => {
  const { body, sink, back } = begun("chunked");
  const third = initialCreditBytes / 4;
  body.take(Buffer.alloc(third));
  body.take(Buffer.alloc(third));
  assert.deepEqual(back, []);
  body.passTo(sink);
  assert.deepEqual(back, [2 * third]);
  body.pause();
  body.take(Buffer.alloc(initialCreditBytes));
  assert.deepEqual(back, [2 * third]);
  assert.equal(body.take(bytes("x")), false);
});

test("nobody gets anything of a body that was abandoned, and the next one begins anew", async () => {
  const { body, sink } = begun("chunked");
  body.passTo(sink);
  body.pause();
  body.take(bytes("lost"));
  body.resume();
  body.abandon();
  await tick();
  assert.deepEqual([sink.got, sink.ended, body.whole], ["", "no", true]);
  body.begin("length", 2);
  body.take(bytes("ok"));
  body.passTo(sink);
  assert.deepEqual([sink.got, sink.ended], ["ok", "yes"]);
});
