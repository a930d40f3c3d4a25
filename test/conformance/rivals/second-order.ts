import { seededRandom } from "../../../src/runtime/random.ts";
import { mutate } from "../fuzz/mutate.ts";
import { requests } from "../fuzz/real-messages.ts";
import { keptFields, rewriteRequests } from "../fuzz/rewrite.ts";
import { plainRequests, type SeenRequest } from "../stage/plain-requests.ts";
import { answerPlainly } from "../stage/played-worker.ts";
import { readRequests } from "../transcript.ts";
import type { Outcome } from "./observe.ts";
import type { Play } from "./run.ts";

/** What ours forwards, as another proxy in front of the worker would get it. */
export interface Message {
  from: string;
  bytes: string;
}

export const sampleSize = 250;
const seed = 20_261_123;

/** Of the cases: all that our gateway forwarded of them, whole requests only. */
export function forwardedOfCases(names: readonly string[], outcomes: readonly Outcome[]): Message[] {
  return outcomes.flatMap(({ forwarded }, index) =>
    forwarded.filter(isWhole).map((bytes) => ({ from: names[index]!, bytes })),
  );
}

/** Of mutated real messages: what ours would write for the first request that it takes. */
export function forwardedOfMutations(): Message[] {
  const random = seededRandom(seed);
  const messages: Message[] = [];
  while (messages.length < sampleSize) {
    const text = mutate(random, requests);
    const [first] = readRequests([Buffer.from(text, "latin1")]).messages;
    if (first === undefined) continue;
    const bytes = rewriteRequests([first]).text;
    if (isWhole(bytes)) messages.push({ from: `mutation ${messages.length + 1}`, bytes });
  }
  return messages;
}

function isWhole(bytes: string): boolean {
  const { requests: read, odd, rest } = plainRequests(bytes);
  return read.length > 0 && read.every(({ whole }) => whole) && odd === "" && rest === "";
}

export function playOf({ bytes }: Message): Play {
  const methods = plainRequests(bytes).requests.map(({ method }) => method);
  return { bytes, methods, trusted: false, script: () => ({ answering: answerPlainly }) };
}

/** What a rival made of what we forward. */
export type Passage =
  | { kind: "same" }
  /** The same request without some fields, or with its target spelled otherwise. */
  | { kind: "altered"; how: string }
  /** Nothing of it was forwarded. */
  | { kind: "answered"; status: number }
  /** It forwards something else than it got: who is behind it sees another request than we sent. */
  | { kind: "other"; what: string };

export function passage({ bytes }: Message, outcome: Outcome): Passage {
  const got = plainRequests(bytes).requests;
  const forwarded = outcome.worker.filter(({ whole }) => whole);
  if (outcome.odd.length > 0) return { kind: "other", what: outcome.odd.join() };
  const own = outcome.client.answers.at(-1);
  if (own !== undefined && forwarded.length < got.length && own.body !== plainAnswerTo(got.at(-1)!)) {
    return { kind: "answered", status: own.status };
  }
  if (meaningOf(forwarded) !== meaningOf(got)) {
    const respelled = unescaped(meaningOf(forwarded)) === unescaped(meaningOf(got));
    return respelled
      ? { kind: "altered", how: "its target spelled otherwise" }
      : { kind: "other", what: meaningOf(forwarded) };
  }
  const lost = missing(got[0]!, forwarded[0]!);
  return lost === "" ? { kind: "same" } : { kind: "altered", how: `without ${lost}` };
}

function plainAnswerTo({ method, target }: SeenRequest): string {
  return `${method} ${target}`;
}

function unescaped(text: string): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    JSON.stringify(String.fromCharCode(Number.parseInt(digits, 16))).slice(1, -1),
  );
}

function meaningOf(seen: readonly SeenRequest[]): string {
  return JSON.stringify(seen.map(({ method, target, body }) => [method, target, body]));
}

/** Names of fields that arrive otherwise. */
function missing(before: SeenRequest, after: SeenRequest): string {
  const lines = ({ fields }: SeenRequest): Set<string> =>
    new Set(
      keptFields(fields.map(([name, value]) => [name, value])).map(
        ([name, value]) => `${name.toLowerCase()}: ${value.trim()}`,
      ),
    );
  const there = lines(after);
  return [...lines(before)]
    .filter((line) => !there.has(line))
    .map((line) => line.slice(0, line.indexOf(":")))
    .join(", ");
}
