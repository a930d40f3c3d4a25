import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { byteByByte, pieces } from "../../test/conformance/transcript.ts";
import { BodyReader, chunkHead, chunkTail, lastChunk } from "./http1.ts";

interface Read {
  data: string;
  done: boolean;
  failed: string;
  bytes: number;
  trailers: string;
  leftover: number;
}

function readBody(parts: readonly Buffer[], framing: "length" | "chunked" | "close", length = 0): Read {
  const reader = new BodyReader("badFraming");
  reader.begin(framing, length);
  let data = "";
  let leftover = 0;
  for (const part of parts) {
    let at = 0;
    while (at < part.length && !reader.done && reader.failure === undefined) {
      at = reader.read(part, at, part.length);
      data += part.toString("latin1", reader.from, reader.to);
    }
    leftover += part.length - at;
  }
  const failed = reader.failure?.detail ?? "";
  return {
    data,
    done: reader.done,
    failed,
    bytes: reader.bytes,
    trailers: reader.trailers,
    leftover: failed === "" ? leftover : 0,
  };
}

const chunked = (text: string) => readBody([Buffer.from(text, "latin1")], "chunked");

describe("a body with a length", () => {
  it("ends after its bytes; what follows is not touched", () => {
    const read = readBody([Buffer.from("abc"), Buffer.from("defGET")], "length", 6);
    assert.deepEqual([read.data, read.done, read.leftover, read.bytes], ["abcdef", true, 3, 6]);
  });

  it("is cut when the connection ends before", () => {
    const reader = new BodyReader("badFraming");
    reader.begin("length", 6);
    reader.read(Buffer.from("abc"), 0, 3);
    assert.equal(reader.end(), false);
  });

  it("is done at once when empty", () => {
    const reader = new BodyReader("badFraming");
    reader.begin("length", 0);
    assert.equal(reader.done, true);
    reader.begin("none", 0);
    assert.equal(reader.done, true);
  });

  it("to the end of the connection is whole at the end", () => {
    const reader = new BodyReader("badAnswer");
    reader.begin("close", 0);
    assert.equal(reader.read(Buffer.from("abc"), 1, 3), 3);
    assert.deepEqual([reader.from, reader.to, reader.done], [1, 3, false]);
    assert.deepEqual([reader.end(), reader.done], [true, true]);
  });
});

describe("a chunked body", () => {
  it("gives its data, drops extensions, keeps harmless trailers", () => {
    const read = chunked(
      '3;x;y=z;q="a \\" b"\r\nabc\r\nfF\r\n' + "d".repeat(255) + "\r\n0\r\nX-Sum: 1 \r\n\r\nGET",
    );
    assert.deepEqual([read.data, read.done, read.leftover], [`abc${"d".repeat(255)}`, true, 3]);
    assert.equal(read.trailers, "X-Sum: 1\r\n");
  });

  it("never takes routing, trust or content from trailers", () => {
    const names = [
      "X-Forwarded-For",
      "X_Forwarded_For",
      "Content_Length",
      "Forwarded",
      "Via",
      "TE",
      "Trailer",
    ];
    const more = ["Content-Type", "Set-Cookie", "Authorization", "content_type"];
    const lines = [...names, ...more].map((name) => `${name}: 1\r\n`).join("");
    assert.equal(chunked(`0\r\n${lines}Server-Timing: a\r\n\r\n`).trailers, "Server-Timing: a\r\n");
  });

  it("refuses trailers that decide framing", () => {
    for (const name of ["Content-Length", "Transfer-Encoding", "Host", "Connection", "Upgrade", "Expect"]) {
      assert.notEqual(chunked(`0\r\n${name}: 1\r\n\r\n`).failed, "", name);
    }
  });

  const wrong: [name: string, text: string][] = [
    ["no size", "\r\nabc"],
    ["a sign", "+3\r\nabc\r\n"],
    ["0x", "0x3\r\nabc\r\n"],
    ["a blank before", " 3\r\nabc\r\n"],
    ["a blank after", "3 \r\nabc\r\n"],
    ["a tab after", "3\t\r\nabc\r\n"],
    ["17 digits", "00000000000000003\r\nabc\r\n"],
    ["more than can be counted", "20000000000000\r\n"],
    ["a bare LF after the size", "3\nabc\r\n"],
    ["CR CR LF after the size", "3\r\r\nabc\r\n"],
    ["a bare CR in an extension", "3;a\rb\r\nabc\r\n"],
    ["LF in an extension", "3;a\nb\r\nabc\r\n"],
    ["LF in a quoted extension", '3;a="\n"\r\nabc\r\n'],
    ["an extension without a name", "3;\r\nabc\r\n"],
    ["a blank in an extension", "3; a\r\nabc\r\n"],
    ["an open quote", '3;a="b\r\nabc\r\n'],
    ["obs-text in an extension", "3;\xe4\r\nabc\r\n"],
    ["data longer than its size", "3\r\nabcd\r\n"],
    ["LF after data", "3\r\nabc\n0\r\n\r\n"],
    ["LF after the last chunk", "0\r\n\n"],
    ["a folded trailer", "0\r\nX: a\r\n b\r\n\r\n"],
    ["a trailer without a colon", "0\r\nGET / HTTP/1.1\r\n\r\n"],
    ["101 trailers", `0\r\n${"X: a\r\n".repeat(101)}\r\n`],
    ["16 KiB of trailers", `0\r\nX: ${"a".repeat(16_384)}\r\n\r\n`],
    ["4 KiB of extensions in a line", `1;${"a".repeat(4096)}\r\n`],
    ["16 KiB of extensions in a message", `1;${"a".repeat(4000)}\r\nx\r\n`.repeat(5)],
  ];
  for (const [name, text] of wrong) {
    it(`is refused: ${name}`, () => {
      const read = chunked(text);
      assert.notEqual(read.failed, "");
      assert.equal(read.done, false);
      const slowly = readBody(byteByByte(Buffer.from(text, "latin1")), "chunked");
      assert.deepEqual([slowly.failed, slowly.data], [read.failed, read.data]);
    });
  }

  it("has no limit on how many chunks there are", () => {
    assert.equal(chunked("1\r\nx\r\n".repeat(50_000) + "0\r\n\r\n").data.length, 50_000);
  });

  it("is what the writer wrote, in any pieces", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 40 })),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 5 }),
        (texts, trailed, places) => {
          const trailers = trailed ? "X-Sum: 1\r\n" : "";
          const datas = texts.map((text) => Buffer.from(text, "utf8").toString("latin1"));
          const body =
            datas.map((data) => chunkHead(data.length) + data + chunkTail).join("") + lastChunk(trailers);
          const input = Buffer.from(body, "latin1");
          const cuts = places.map((place) => place % input.length).sort((a, b) => a - b);
          const read = readBody(pieces(input, cuts), "chunked");
          assert.deepEqual(
            [read.data, read.done, read.trailers, read.leftover],
            [datas.join(""), true, trailers, 0],
          );
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  it("an empty chunk cannot be written by accident", () => {
    assert.throws(() => chunkHead(0));
  });
});
