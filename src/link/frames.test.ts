import assert from "node:assert/strict";
import { test } from "node:test";
import { array, assert as assertProperty, constantFrom, nat, property, record, string } from "fast-check";
import {
  controlBytesMax,
  endFlag,
  frameKind,
  headerBytes,
  initialCreditBytes,
  isStreamed,
  payloadBytesMax,
  streamIdMax,
} from "./frames.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameBuffers, FrameWriter, utf8LengthMax } from "./frame-writer.ts";
import { ReceiveCredit, SendCredit } from "./credit.ts";

interface Frame {
  kind: number;
  flags: number;
  stream: number;
  text: string;
}

/** Reads `bytes` in the given portions; the pieces of one frame put together. */
function readIn(portions: Uint8Array[]): { frames: Frame[]; state: FrameReader["state"] } {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  let text = "";
  for (const portion of portions) {
    let at = 0;
    while (at < portion.length) {
      at = reader.read(portion, at, portion.length);
      if (reader.state !== "piece") break;
      const { kind, flags, stream, bytes, from, to, last } = reader;
      text += Buffer.from(bytes.subarray(from, to)).toString("latin1");
      if (!last) continue;
      frames.push({ kind, flags, stream, text });
      text = "";
    }
  }
  return { frames, state: reader.state };
}

function written(frames: readonly Frame[]): Buffer {
  const writer = new FrameWriter(new FrameBuffers());
  for (const { kind, flags, stream, text } of frames) writer.text(kind, stream, flags, text);
  return Buffer.from(writer.collected());
}

const sample: Frame[] = [
  { kind: frameKind.request, flags: endFlag, stream: 1, text: "GET / HTTP/1.1\r\nHost: a\r\n\r\n" },
  { kind: frameKind.body, flags: 0, stream: streamIdMax, text: "\u0000\u00ff\r\n" },
  { kind: frameKind.body, flags: endFlag, stream: 7, text: "" },
  { kind: frameKind.entered, flags: 0, stream: 7, text: "" },
  { kind: frameKind.ping, flags: 0, stream: 0, text: "12345678" },
  { kind: 200, flags: 255, stream: 3, text: "of a newer version" },
  { kind: frameKind.answer, flags: endFlag, stream: 2, text: "HTTP/1.1 200 OK\r\n\r\n" },
];

test("what is written is read, at every cut and byte by byte", () => {
  const bytes = written(sample);
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(readIn([bytes.subarray(0, cut), bytes.subarray(cut)]).frames, sample);
  }
  assert.deepEqual(readIn([...bytes].map((byte) => Uint8Array.of(byte))).frames, sample);
});

test("any frames in any portions", () => {
  const kinds = constantFrom(...Object.values(frameKind), 99);
  const frame = record(
    {
      kind: kinds,
      flags: nat(255),
      stream: nat(streamIdMax),
      text: string({ unit: "binary-ascii", maxLength: 600 }),
    },
    { noNullPrototype: true },
  );
  assertProperty(
    property(array(frame, { maxLength: 8 }), array(nat(300), { maxLength: 12 }), (frames, sizes) => {
      const bytes = written(frames);
      const portions: Uint8Array[] = [];
      let at = 0;
      for (const size of sizes) portions.push(bytes.subarray(at, (at += size)));
      portions.push(bytes.subarray(at));
      assert.deepEqual(readIn(portions).frames, frames);
    }),
    { numRuns: 300 },
  );
});

test("what is too long for one frame goes in several, the flags on the last", () => {
  const text = "x".repeat(payloadBytesMax * 2 + 5);
  const writer = new FrameWriter(new FrameBuffers());
  writer.text(frameKind.answer, 4, endFlag, text);
  writer.bytes(frameKind.answer, 4, endFlag, Buffer.from(`__${text}`), 2, text.length + 2);
  const { frames } = readIn([writer.collected()]);
  const shape = frames.map((frame) => [frame.flags, frame.text.length]);
  const one = [
    [0, payloadBytesMax],
    [0, payloadBytesMax],
    [endFlag, 5],
  ];
  assert.deepEqual(shape, [...one, ...one]);
});

test("no bytes are one frame", () => {
  const writer = new FrameWriter(new FrameBuffers());
  writer.bytes(frameKind.body, 4, endFlag, Buffer.from("abc"), 1, 1);
  writer.text(frameKind.body, 5, endFlag, "");
  assert.deepEqual(
    readIn([writer.collected()]).frames.map((frame) => frame.stream),
    [4, 5],
  );
});

test("numbers of control frames", () => {
  const writer = new FrameWriter(new FrameBuffers());
  writer.credit(9, 0xfedcba98);
  writer.cancel(9, 3);
  writer.load(1, 2_000_000_000, 1000, 4_000_000_000);
  const bytes = writer.collected();
  const reader = new FrameReader();
  let at = reader.read(bytes, 0, bytes.length);
  assert.deepEqual([reader.kind, reader.stream, reader.u32(0)], [frameKind.credit, 9, 0xfedcba98]);
  at = reader.read(bytes, at, bytes.length);
  assert.deepEqual([reader.kind, reader.bytes[reader.from]], [frameKind.cancel, 3]);
  at = reader.read(bytes, at, bytes.length);
  assert.deepEqual(
    [0, 4, 8, 12].map((at) => reader.u32(at)),
    [1, 2_000_000_000, 1000, 4_000_000_000],
  );
  assert.equal(at, bytes.length);
});

test("a time to begin by, also where it begins in the middle of a buffer, and none", () => {
  const writer = new FrameWriter(new FrameBuffers());
  const times = [0, 123_456.789, Number.MAX_SAFE_INTEGER, Infinity];
  for (const ms of times) writer.beginBy(ms);
  const reader = new FrameReader();
  const bytes = Buffer.concat([Buffer.alloc(3), writer.collected()]).subarray(3);
  const read: number[] = [];
  for (let at = 0; at < bytes.length;) {
    at = reader.read(bytes, at, bytes.length);
    assert.equal(reader.kind, frameKind.beginBy);
    read.push(reader.f64());
  }
  assert.deepEqual(read, times);
});

test("a frame that is longer than its kind may be breaks the link, for good", () => {
  for (const [kind, max] of [
    [frameKind.body, payloadBytesMax],
    [frameKind.ping, controlBytesMax],
    [frameKind.beginBy, controlBytesMax],
    [77, payloadBytesMax],
    [0, payloadBytesMax],
  ] as const) {
    assert.equal(isStreamed(kind), max === payloadBytesMax);
    const header = Uint8Array.of((max + 1) >>> 8, (max + 1) & 255, kind, 0, 0, 0, 0, 1);
    assert.equal(header.length, headerBytes);
    assert.equal(readIn([header]).state, "broken");
    assert.deepEqual(readIn([header, written(sample)]), { frames: [], state: "broken" });
  }
});

test("a kind that is not known may have as much as any frame, and what follows it is read", () => {
  const unknown = [16, 255, 0].map((kind) => ({
    kind,
    flags: 0,
    stream: 5,
    text: "x".repeat(payloadBytesMax),
  }));
  const frames = unknown.flatMap((one) => [one, ...sample]);
  const bytes = written(frames);
  assert.deepEqual(readIn([bytes]).frames, frames);
  assert.deepEqual(readIn([bytes.subarray(0, 3_000), bytes.subarray(3_000)]).frames, frames);
});

test("a buffer that was handed over is used again when it is said to be done with, not before", () => {
  const buffers = new FrameBuffers();
  const writer = new FrameWriter(buffers);
  const sent: { bytes: Buffer; done: () => void }[] = [];
  for (const text of ["first", "second"]) {
    writer.text(frameKind.body, 1, 0, text);
    writer.send((bytes, done) => sent.push({ bytes, done }));
  }
  assert.equal(writer.length, 0);
  const [first, second] = sent;
  assert.notEqual(first?.bytes.buffer, second?.bytes.buffer);
  assert.deepEqual(readIn([first!.bytes]).frames.length, 1);
  first?.done();
  writer.text(frameKind.body, 1, 0, "third");
  assert.equal(writer.collected().buffer, first?.bytes.buffer);
});

test("a buffer that the kernel has taken is used again; one that it has not stays as it was", () => {
  const buffers = new FrameBuffers();
  const writer = new FrameWriter(buffers);
  writer.text(frameKind.body, 1, 0, "first");
  const first = writer.collected();
  writer.reset(true);
  assert.equal(writer.collected().length, 0);
  const another = new FrameWriter(buffers);
  another.text(frameKind.body, 2, 0, "second");
  const second = another.collected();
  assert.equal(second.buffer, first.buffer);
  const copy = Buffer.from(second);
  another.reset(false);
  another.text(frameKind.body, 3, 0, "third");
  assert.notEqual(another.collected().buffer, second.buffer);
  assert.deepEqual(second, copy);
});

test("an end is said by the stream's last frame where that is still at hand", () => {
  const writer = new FrameWriter(new FrameBuffers());
  writer.text(frameKind.request, 1, 0, "head");
  writer.end(frameKind.body, 1);
  writer.text(frameKind.request, 2, 0, "head");
  writer.credit(2, 5);
  writer.end(frameKind.body, 2);
  const said = readIn([writer.collected()]).frames.map(({ kind, stream, flags }) => [kind, stream, flags]);
  assert.deepEqual(said, [
    [frameKind.request, 1, endFlag],
    [frameKind.request, 2, 0],
    [frameKind.credit, 2, 0],
    [frameKind.body, 2, endFlag],
  ]);
  writer.reset(true);
  writer.end(frameKind.body, 2);
  assert.equal(readIn([writer.collected()]).frames.length, 1);
});

test("credit: a sender stops at what it was given, a receiver gives back by halves", () => {
  const send = new SendCredit();
  const receive = new ReceiveCredit();
  send.spend(initialCreditBytes);
  assert.equal(send.left, 0);
  assert.equal(receive.received(initialCreditBytes), true);
  assert.equal(receive.passedOn(initialCreditBytes / 2 - 1), 0);
  const back = receive.passedOn(1);
  assert.equal(back, initialCreditBytes / 2);
  assert.equal(send.granted(back), true);
  assert.equal(send.left, back);
  assert.equal(receive.received(back), true);
  assert.equal(receive.received(1), false);
  assert.equal(send.granted(0), false);
  assert.equal(new SendCredit().granted(2 ** 31), false);
});

test("UTF-8 in one frame, whose length is that of its bytes", () => {
  const writer = new FrameWriter(new FrameBuffers());
  const text = "h\u00e9 \u20ac \u{1f980}";
  assert.equal(writer.utf8(frameKind.answer, 3, 0, text), Buffer.byteLength(text));
  assert.equal(writer.utf8(frameKind.answer, 4, endFlag, "\u20ac".repeat(utf8LengthMax)), utf8LengthMax * 3);
  const { frames } = readIn([writer.collected()]);
  assert.equal(Buffer.from(frames[0]?.text ?? "", "latin1").toString("utf8"), text);
  assert.deepEqual(
    frames.map(({ stream, flags }) => [stream, flags]),
    [
      [3, 0],
      [4, endFlag],
    ],
  );
});

test("more for the frame written last, where it is of that stream, not ended, and has room", () => {
  const writer = new FrameWriter(new FrameBuffers());
  const { answer, body } = frameKind;
  assert.equal(writer.addText(answer, 1, "nothing to add to"), false);
  writer.text(answer, 1, 0, "one ");
  assert.equal(writer.addText(answer, 1, "two "), true);
  assert.equal(writer.addBytes(answer, 1, Buffer.from("three")), true);
  assert.equal(writer.addText(answer, 2, "another stream"), false);
  assert.equal(writer.addText(body, 1, "another kind"), false);
  assert.equal(writer.addBytes(answer, 1, Buffer.alloc(payloadBytesMax)), false);
  writer.end(answer, 1);
  assert.equal(writer.addText(answer, 1, "after its end"), false);
  writer.text(answer, 1, 0, "x".repeat(payloadBytesMax - 1));
  assert.equal(writer.addText(answer, 1, "y"), true);
  assert.equal(writer.addText(answer, 1, "z"), false);
  writer.credit(1, 5);
  assert.equal(writer.addText(answer, 1, "after a word"), false);
  const frames = readIn([Buffer.from(writer.collected())]).frames;
  assert.deepEqual(
    frames.map(({ text, flags }) => [text.length > 20 ? text.length : text, flags]),
    [
      ["one two three", endFlag],
      [payloadBytesMax, 0],
      ["\u0000\u0000\u0000\u0005", 0],
    ],
  );
  writer.reset(true);
  assert.equal(writer.addText(answer, 1, "of an earlier turn"), false);
});

test("a frame of this turn is ended by its position, also where others came after it", () => {
  const writer = new FrameWriter(new FrameBuffers());
  const places = [1, 2, 3].map((stream) => {
    writer.text(frameKind.answer, stream, 0, `of ${stream}`);
    return { turn: writer.turn, position: writer.position };
  });
  assert.equal(places[1]?.turn, writer.turn);
  writer.endAt(places[1]?.position ?? -1);
  assert.deepEqual(
    readIn([Buffer.from(writer.collected())]).frames.map(({ flags }) => flags),
    [0, endFlag, 0],
  );
  writer.reset(true);
  assert.notEqual(places[1]?.turn, writer.turn);
});
