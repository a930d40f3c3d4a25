/**
 * Every byte at every place where smuggling has hidden one: put in, and in place of what stands there. Ours must read
 * each as llhttp does, refuse it by a choice that is written down, or say why that is safe.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Input, judge } from "./judge.ts";

const asked = (text: string): Input => ({ kind: "request", text });
const answered = (text: string): Input => ({ kind: "answer", text, method: "GET" });

/** `|` marks the places. */
const templates: readonly { name: string; marked: string; as: (text: string) => Input }[] = [
  { name: "the request line", marked: "|G|ET| |/|x| |H|TTP/1|.|1|\r|\n|Host: a\r\n\r\n", as: asked },
  { name: "Host", marked: "GET / HTTP/1.1\r\n|H|ost|:| |a|:|8|0|\r|\n|\r|\n|", as: asked },
  {
    name: "Content-Length",
    marked:
      "POST / HTTP/1.1\r\nHost: a\r\n|C|ontent|-|Length|:| |1|0|\r|\n|\r\n0123456789GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    as: asked,
  },
  {
    name: "Transfer-Encoding",
    marked:
      "POST / HTTP/1.1\r\nHost: a\r\n|T|ransfer|-|Encoding|:| |c|hunke|d|\r|\n|\r\n3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    as: asked,
  },
  {
    name: "both, where one must be overlooked",
    marked:
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n|T|ransfer|-|Encoding|:| |c|hunke|d|\r|\n|\r\n0\r\n\r\n",
    as: asked,
  },
  {
    name: "chunks and trailers",
    marked:
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n|3|;|a|=|b|\r|\n|ab|c|\r|\n|0|\r|\n|X|:| |1|\r|\n|\r|\n|GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    as: asked,
  },
  {
    name: "the status line",
    marked: "|H|TTP/1|.|1| |2|0|0| |O|K|\r|\n|Content-Length: 0\r\n\r\n",
    as: answered,
  },
  {
    name: "the length of an answer",
    marked: "HTTP/1.1 200 OK\r\n|C|ontent|-|Length|:| |2|\r|\n|\r|\n|hi",
    as: answered,
  },
  {
    name: "the coding of an answer",
    marked:
      "HTTP/1.1 200 OK\r\n|T|ransfer|-|Encoding|:| |c|hunke|d|\r|\n|\r\n|2|\r|\nhi|\r|\n|0|\r|\n|\r|\n|",
    as: answered,
  },
];

/** Above 127 no reader tells one from another, unless it takes some of these for blanks. */
const highBytes = [0x80, 0x85, 0xa0, 0xad, 0xff];

/** By places: each byte before what stands there, and instead of it. */
function variants(marked: string): string[][] {
  const parts = marked.split("|");
  const plain = parts.join("");
  const places = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join("").length);
  const bytes = [...Array.from({ length: 128 }, (_, byte) => byte), ...highBytes].map((byte) =>
    String.fromCharCode(byte),
  );
  return places.map((place) =>
    bytes.flatMap((byte) => [0, 1].map((less) => plain.slice(0, place) + byte + plain.slice(place + less))),
  );
}

describe("every byte", () => {
  for (const { name, marked, as } of templates) {
    it(name, async () => {
      for (const texts of variants(marked)) {
        const judged = await Promise.all(
          texts.map(async (text) => judge(as(text), { cuts: [], rewritten: true })),
        );
        const wrong = judged.findIndex(({ verdict }) => verdict.kind === "difference");
        assert.equal(wrong, -1, `${JSON.stringify(judged[wrong]?.verdict)}\n${JSON.stringify(texts[wrong])}`);
      }
    });
  }
});
