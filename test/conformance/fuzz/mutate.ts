import type { Random } from "../../../src/runtime/random.ts";

const fieldLines = [
  "Content-Length: 0\r\n",
  "Content-Length: 3\r\n",
  "Content-Length: 3, 3\r\n",
  "Content-Length: +3\r\n",
  "Content-Length: 0x3\r\n",
  "Content-Length: 03\r\n",
  "Content-Length : 3\r\n",
  "Content_Length: 3\r\n",
  "Content-Length:\r\n",
  "Content-Length: 99999999999999999999\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: Chunked\r\n",
  "Transfer-Encoding: chunked, identity\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Transfer-Encoding: identity\r\n",
  "Transfer-Encoding:\x0bchunked\r\n",
  "Transfer-Encoding: xchunked\r\n",
  "Transfer-Encoding\t: chunked\r\n",
  "Transfer-Encoding:\r\n chunked\r\n",
  "transfer-encoding: chunked \r\n",
  "Host: b\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive, close\r\n",
  "Connection: content-length\r\n",
  "Connection: x-any, upgrade\r\n",
  "Upgrade: h2c\r\n",
  "Expect: 100-continue\r\n",
  "Expect: other\r\n",
  "Max-Forwards: 0\r\n",
  "Max-Forwards: -1\r\n",
  "X: a\rb\r\n",
  "X: a\nb\r\n",
  "X: a\0\r\n",
  ": empty\r\n",
  "no colon\r\n",
  " folded\r\n",
  "X-Any: 1\r\n",
];

const fragments = [
  "\r\n",
  "\n",
  "\r",
  "\r\n\r\n",
  "0\r\n\r\n",
  ":",
  ": ",
  " ",
  "\t",
  "\0",
  ",",
  ";",
  "=",
  '"',
  "chunked",
];
const starts = [
  "GET / HTTP/1.1\r\n",
  "GET /x HTTP/1.0\r\n",
  "POST http://b/ HTTP/1.1\r\n",
  "FOO / HTTP/1.1\r\n",
  "GET / HTTP/1.2\r\n",
];
const lineEnds = ["\n", "\r", "\n\r", "\r\r\n", "\r\n\n", " \r\n", "\r\n "];
const heavyBytes = '\r\n\0: \t\x0b\x7f\x80,;="0123456789aAfFxX-_/%.?#';

function pick<T>(random: Random, from: ArrayLike<T>): T {
  return from[Math.floor(random() * from.length)]!;
}

function place(random: Random, text: string): number {
  return Math.floor(random() * (text.length + 1));
}

function splice(text: string, at: number, remove: number, insert: string): string {
  return text.slice(0, at) + insert + text.slice(at + remove);
}

/** A byte to insert: mostly one that parsers trip over. */
function anyByte(random: Random): string {
  return random() < 0.8 ? pick(random, heavyBytes) : String.fromCharCode(Math.floor(random() * 256));
}

/** Where lines begin. */
function lineStarts(text: string): number[] {
  const found = [0];
  for (let at = text.indexOf("\r\n"); at !== -1; at = text.indexOf("\r\n", at + 2)) found.push(at + 2);
  return found;
}

/** One line with its end; an empty text when the last one has none. */
function anyLine(random: Random, text: string): { at: number; line: string } {
  const at = pick(random, lineStarts(text));
  const end = text.indexOf("\r\n", at);
  return { at, line: end === -1 ? "" : text.slice(at, end + 2) };
}

type Mutator = (text: string, random: Random, seeds: readonly string[]) => string;

/** Each with its weight: how often it is chosen. */
const mutators: readonly (readonly [weight: number, Mutator])[] = [
  [4, (text, random) => splice(text, place(random, text), 1, "")],
  [6, (text, random) => splice(text, place(random, text), 0, anyByte(random))],
  [6, (text, random) => splice(text, place(random, text), 1, anyByte(random))],
  [3, (text, random) => splice(text, place(random, text), 0, pick(random, fragments))],
  [6, (text, random) => splice(text, pick(random, lineStarts(text)), 0, pick(random, fieldLines))],
  [3, deleteLine],
  [3, repeatLine],
  [2, swapLines],
  [2, replaceStart],
  [4, spoilLineEnd],
  [4, shiftNumber],
  [2, swapCase],
  [2, (text, random) => text.slice(0, place(random, text))],
  [2, (text, random, seeds) => text + pick(random, seeds)],
  [2, insertMessage],
  [2, moveBoundary],
];

const totalWeight = mutators.reduce((sum, [weight]) => sum + weight, 0);

function deleteLine(text: string, random: Random): string {
  const { at, line } = anyLine(random, text);
  return splice(text, at, line.length, "");
}

function repeatLine(text: string, random: Random): string {
  const { at, line } = anyLine(random, text);
  return splice(text, at, 0, line);
}

function swapLines(text: string, random: Random): string {
  const { at, line } = anyLine(random, text);
  const without = splice(text, at, line.length, "");
  return splice(without, pick(random, lineStarts(without)), 0, line);
}

function replaceStart(text: string, random: Random): string {
  const end = text.indexOf("\r\n");
  return end === -1 ? text : splice(text, 0, end + 2, pick(random, starts));
}

function spoilLineEnd(text: string, random: Random): string {
  const at = pick(random, lineStarts(text));
  return at < 2 ? text : splice(text, at - 2, 2, pick(random, lineEnds));
}

function shiftNumber(text: string, random: Random): string {
  const numbers = [...text.matchAll(/[0-9a-fA-F]+(?=[\r;])/g)];
  if (numbers.length === 0) return text;
  const found = pick(random, numbers);
  const value = Math.max(0, Number.parseInt(found[0], 16) + pick(random, [-1, 1, 2, -2, 16]));
  return splice(text, found.index, found[0].length, value.toString(pick(random, [10, 16])));
}

function swapCase(text: string, random: Random): string {
  const at = place(random, text);
  const char = text.charAt(at);
  return splice(text, at, 1, char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase());
}

/** A whole message where a line begins: within a head, a body, or between two. */
function insertMessage(text: string, random: Random, seeds: readonly string[]): string {
  return splice(text, pick(random, lineStarts(text)), 0, pick(random, seeds));
}

/** Some bytes go from the end of one line to the beginning of another. */
function moveBoundary(text: string, random: Random): string {
  const at = pick(random, lineStarts(text));
  const length = Math.floor(random() * 4) + 1;
  const moved = text.slice(at, at + length);
  const without = splice(text, at, moved.length, "");
  return splice(without, pick(random, lineStarts(without)), 0, moved);
}

function anyMutator(random: Random): Mutator {
  let left = random() * totalWeight;
  for (const [weight, mutator] of mutators) {
    left -= weight;
    if (left < 0) return mutator;
  }
  return mutators[0]![1];
}

/** One input: one to three messages with up to four mutations. Bytes as latin1. */
export function mutate(random: Random, seeds: readonly string[]): string {
  let text = pick(random, seeds);
  for (let more = Math.floor(random() * 3); more > 0; more--) text += pick(random, seeds);
  for (let count = Math.floor(random() * 5); count > 0; count--)
    text = anyMutator(random)(text, random, seeds);
  return text;
}
