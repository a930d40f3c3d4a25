/**
 * Our request reader against llhttp on 50,000 hostile inputs. What ours accepts, llhttp must accept with the same
 * method, target, fields and body bytes; and what we write for the worker must read the same to both. Ours may
 * refuse more: that is the safe direction. SKEIN_FUZZ_INPUTS and SKEIN_FUZZ_SEED choose longer runs.
 */
import assert from "node:assert/strict";
import { METHODS } from "node:http";
import { test } from "node:test";
import { seededRandom } from "../../../src/runtime/random.ts";
import { mutate } from "./mutate.ts";
import type { OracleMessage, OracleTranscript } from "./oracle.ts";
import { Oracle } from "./oracle.ts";
import { rewrite } from "./rewrite.ts";
import type { ReadMessage, Transcript } from "../transcript.ts";
import { pieces, readRequests } from "../transcript.ts";

const inputs = Number(process.env["SKEIN_FUZZ_INPUTS"] ?? 50_000);
const seed = Number(process.env["SKEIN_FUZZ_SEED"] ?? 20_261_123);
const batch = 100;

/** Where ours may accept a message that llhttp did not give. Each says why that is safe. */
const allowed: readonly { because: string; holds(ours: ReadMessage, theirs: OracleTranscript): boolean }[] = [
  {
    because: "llhttp has a closed list of methods; our framing never depends on the method",
    holds: (ours, theirs) => theirs.error === "HPE_INVALID_METHOD" && !METHODS.includes(ours.method),
  },
  {
    because:
      "llhttp stops reading after any request with Upgrade, also where none may follow (two protocols, a POST, h2c); " +
      "ours does not forward such an Upgrade, so no worker can switch, and what follows is the next request",
    holds: (_, theirs) => theirs.error === "" && asksForUpgrade(theirs.messages.at(-1)),
  },
];

function asksForUpgrade(message: OracleMessage | undefined): boolean {
  return (
    message !== undefined && message.rawHeaders.some((text, at) => at % 2 === 0 && /^upgrade$/i.test(text))
  );
}

function sameMessage(ours: ReadMessage, theirs: OracleMessage): boolean {
  return (
    ours.method === theirs.method &&
    ours.target === theirs.target &&
    ours.body === theirs.body &&
    theirs.complete &&
    JSON.stringify(ours.fields.flat()) === JSON.stringify(theirs.rawHeaders)
  );
}

/** What is wrong, or an empty text. */
function disagreement(ours: Transcript, theirs: OracleTranscript): string {
  for (const [index, message] of ours.messages.entries()) {
    const other = theirs.messages[index];
    if (other === undefined) {
      if (allowed.some((exception) => exception.holds(message, theirs))) return "";
      return `message ${index} is accepted by ours only (llhttp: ${theirs.error})`;
    }
    if (!sameMessage(message, other)) return `message ${index} differs`;
  }
  if (ours.failure !== undefined || ours.leftover > 0) return "";
  const last = ours.messages.at(-1);
  if (last !== undefined && last.upgrade !== "") return "";
  const complete = theirs.messages.filter((message) => message.complete).length;
  if (complete > ours.messages.length) return `llhttp sees ${complete} messages`;
  if (ours.rest === "nothing" && theirs.error !== "") return `ours takes all, llhttp: ${theirs.error}`;
  return "";
}

interface Case {
  input: string;
  ours: Transcript;
  theirs: OracleTranscript;
}

async function judgeAll(oracle: Oracle, texts: readonly string[]): Promise<Case[]> {
  return Promise.all(
    texts.map(async (input) => {
      const bytes = Buffer.from(input, "latin1");
      return { input, ours: readRequests([bytes]), theirs: await oracle.judge(bytes) };
    }),
  );
}

function report(found: Case, what: string): string {
  return `${what}\ninput: ${JSON.stringify(found.input)}\nours: ${JSON.stringify(found.ours)}\nllhttp: ${JSON.stringify(found.theirs)}`;
}

/** What we write reads as the same messages: same method, one target form, same body. */
function checkRewritten(before: readonly Transcript[], after: readonly Case[]): void {
  for (const [index, original] of before.entries()) {
    const again = after[index]!;
    assert.equal(
      disagreement(again.ours, again.theirs),
      "",
      report(again, "what we write is read differently"),
    );
    assert.equal(again.ours.failure, undefined, report(again, "what we write is refused by ourselves"));
    assert.deepEqual(
      again.ours.messages.map((message) => [message.method, message.body]),
      original.messages.map((message) => [message.method, message.body]),
      report(again, "what we write says something else"),
    );
  }
}

test(
  `${inputs} inputs: ours accepts nothing that llhttp reads differently`,
  { timeout: 600_000 },
  async () => {
    const random = seededRandom(seed);
    const oracle = new Oracle();
    let accepted = 0;
    let refused = 0;
    for (let done = 0; done < inputs; done += batch) {
      const texts = Array.from({ length: batch }, () => mutate(random));
      const cases = await judgeAll(oracle, texts);
      for (const found of cases) {
        assert.equal(
          disagreement(found.ours, found.theirs),
          "",
          report(found, disagreement(found.ours, found.theirs)),
        );
        const cut = Math.floor(random() * found.input.length);
        const inTwo = readRequests(pieces(Buffer.from(found.input, "latin1"), [cut]));
        assert.deepEqual(inTwo, found.ours, report(found, `cut at ${cut} it is read differently`));
      }
      const whole = cases.map((found) => found.ours).filter((ours) => ours.messages.length > 0);
      accepted += whole.length;
      refused += cases.filter((found) => found.ours.failure !== undefined).length;
      const rewritten = whole.map((ours) => rewrite(ours.messages));
      // A part is enough here: writing is simpler than reading.
      if (done % (5 * batch) === 0) checkRewritten(whole, await judgeAll(oracle, rewritten));
    }
    // A fuzzer that produces only rubbish, or nothing wrong, tests nothing.
    assert.ok(accepted > inputs / 4, `only ${accepted} inputs had a valid message`);
    assert.ok(refused > inputs / 4, `only ${refused} inputs were refused`);
  },
);
