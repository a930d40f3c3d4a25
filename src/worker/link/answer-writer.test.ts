import assert from "node:assert/strict";
import { test } from "node:test";
import {
  FrameBuffers,
  frameKind,
  FrameReader,
  FrameWriter,
  initialCreditBytes,
  payloadBytesMax,
} from "../../link/link.ts";
import { AnswerWriter, type LinkOutlet } from "./answer-writer.ts";

class Outlet implements LinkOutlet {
  readonly frames = new FrameWriter(new FrameBuffers());
  congested = false;
  ends = 0;

  /** Called when the kernel has what was not copied. */
  readonly thens: (() => void)[] = [];

  written(): void {}

  answerBytes(stream: number, bytes: Uint8Array, from: number, to: number, then?: () => void): void {
    this.frames.bytes(frameKind.answer, stream, 0, bytes, from, to);
    if (then !== undefined) this.thens.push(then);
  }

  answerEnded(): void {
    this.ends += 1;
  }

  /** What was written since the last time: stream, bytes, and `!` for the end. */
  taken(): string[] {
    const buffer = Buffer.from(this.frames.collected());
    this.frames.reset(true);
    const reader = new FrameReader();
    const frames: string[] = [];
    for (let at = 0; at < buffer.length;) {
      at = reader.read(buffer, at, buffer.length);
      const text = Buffer.from(reader.bytes.subarray(reader.from, reader.to)).toString("latin1");
      assert.equal(reader.kind, frameKind.answer);
      frames.push(
        `${reader.stream} ${text.length > 40 ? text.length : text}${reader.flags === 1 ? "!" : ""}`,
      );
    }
    return frames;
  }
}

function begun(id = 1): { outlet: Outlet; writer: AnswerWriter } {
  const outlet = new Outlet();
  const writer = new AnswerWriter(outlet);
  writer.begin(id);
  return { outlet, writer };
}

test("pieces of one turn are one frame, which ends the stream", () => {
  const { outlet, writer } = begun();
  assert.equal(writer.pass("HTTP/1.1 200 OK\r\n\r\n", "latin1"), 19);
  assert.equal(writer.pass(Buffer.from("body"), undefined), 4);
  assert.equal(writer.pass("", "latin1"), 0);
  writer.end();
  assert.deepEqual(outlet.taken(), ["1 HTTP/1.1 200 OK\r\n\r\nbody!"]);
  assert.deepEqual([writer.over, outlet.ends], [true, 1]);
});

test("an end that comes in another turn, or after another stream's frame, is one of its own or marks its frame", () => {
  const { outlet, writer } = begun();
  const other = new AnswerWriter(outlet);
  other.begin(2);
  writer.pass("one", "latin1");
  other.pass("two", "latin1");
  writer.end();
  assert.deepEqual(outlet.taken(), ["1 one!", "2 two"]);
  other.end();
  assert.deepEqual(outlet.taken(), ["2 !"]);
});

test("text goes in the encoding that was asked for; what the short way does not know is left", () => {
  const { outlet, writer } = begun();
  assert.equal(writer.pass("h\u00e9", undefined), 3);
  assert.equal(writer.pass("h\u00e9", "latin1"), 2);
  assert.deepEqual(outlet.taken(), ["1 h\u00c3\u00a9h\u00e9"]);
  for (const encoding of ["hex", "base64", "utf16le"] as const) {
    assert.equal(writer.pass("6869", encoding), -1);
  }
  assert.equal(writer.pass("x".repeat(payloadBytesMax), "latin1"), payloadBytesMax);
  assert.equal(writer.pass("x".repeat(payloadBytesMax + 1), "latin1"), -1);
  assert.equal(writer.pass("x".repeat(payloadBytesMax), "utf8"), -1);
  assert.equal(writer.pass(Buffer.alloc(payloadBytesMax + 1), undefined), -1);
});

test("never more than the credit; the rest when there is more, and then `done`", () => {
  const { outlet, writer } = begun();
  let done = 0;
  const sizes = (): number => outlet.taken().reduce((sum, frame) => sum + Number(frame.split(" ")[1]), 0);
  writer.write(Buffer.alloc(initialCreditBytes + 100), () => (done += 1));
  assert.deepEqual([sizes(), done], [initialCreditBytes, 0]);
  assert.equal(writer.pass("x", "latin1"), -1);
  assert.equal(writer.granted(50), true);
  assert.deepEqual([sizes(), done], [50, 0]);
  assert.equal(writer.granted(1_000), true);
  assert.deepEqual([sizes(), done, outlet.thens.length], [50, 1, 0]);
  assert.equal(writer.granted(2 ** 31), false);
});

test("what is not copied is done when the kernel has it; not where its stream was abandoned before", () => {
  const { outlet, writer } = begun();
  const done: string[] = [];
  writer.write(Buffer.alloc(50_000), () => done.push("first"));
  assert.deepEqual(outlet.taken(), ["1 16384", "1 16384", "1 16384", "1 848"]);
  assert.equal(done.length, 0);
  outlet.thens[0]?.();
  assert.deepEqual(done, ["first"]);
  writer.write(Buffer.alloc(50_000), () => done.push("second"));
  writer.abandon();
  writer.begin(2);
  writer.write(Buffer.alloc(20_000), () => done.push("third"));
  outlet.thens[1]?.();
  assert.deepEqual(done, ["first"]);
  outlet.thens[2]?.();
  assert.deepEqual(done, ["first", "third"]);
});

test("on a congested link everything waits", () => {
  const { outlet, writer } = begun();
  outlet.congested = true;
  let done = 0;
  assert.equal(writer.pass("x", "latin1"), -1);
  writer.write(Buffer.from("later"), () => (done += 1));
  assert.deepEqual([outlet.taken(), done], [[], 0]);
  outlet.congested = false;
  writer.more();
  assert.deepEqual([outlet.taken(), done], [["1 later"], 1]);
});

test("what is written after the end goes nowhere; what waited is over with its stream", () => {
  const { outlet, writer } = begun();
  let done = 0;
  writer.end();
  assert.equal(writer.pass("late", "latin1"), -1);
  writer.write(Buffer.from("late"), () => (done += 1));
  assert.deepEqual([outlet.taken(), done], [["1 !"], 1]);
  writer.begin(3);
  outlet.congested = true;
  writer.write(Buffer.from("waits"), () => (done += 1));
  writer.discard();
  outlet.congested = false;
  writer.more();
  assert.deepEqual([outlet.taken(), done], [[], 2]);
});
