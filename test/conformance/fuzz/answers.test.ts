/**
 * Our answer reader against llhttp (node:http's client) on hostile answers: the first final answer that ours
 * accepts must be the same to both, in status, fields and body. SKEIN_FUZZ_ANSWERS, SKEIN_FUZZ_SEED: other runs.
 */
import assert from "node:assert/strict";
import { request } from "node:http";
import { duplexPair } from "node:stream";
import { test } from "node:test";
import { seededRandom } from "../../../src/runtime/random.ts";
import { answerHeads, mutate } from "./mutate.ts";
import type { Transcript } from "../transcript.ts";
import { readAnswers } from "../transcript.ts";

const inputs = Number(process.env["SKEIN_FUZZ_ANSWERS"] ?? 10_000);
const seed = Number(process.env["SKEIN_FUZZ_SEED"] ?? 20_261_123);
const batch = 50;

interface OracleAnswer {
  status: number;
  rawHeaders: string[];
  body: string;
  complete: boolean;
  error: string;
}

async function afterTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** What llhttp makes of an answer, given in one piece and followed by the end of the connection. */
async function judge(input: Buffer, method: string): Promise<OracleAnswer> {
  const answer: OracleAnswer = { status: 0, rawHeaders: [], body: "", complete: false, error: "" };
  const [near, far] = duplexPair();
  far.on("error", () => {});
  far.resume();
  await new Promise<void>((resolve) => {
    const asked = request({
      method,
      host: "a",
      createConnection: () => near,
      maxHeaderSize: 1 << 20,
    });
    asked.maxHeadersCount = 0;
    asked.on("error", (error: NodeJS.ErrnoException) => {
      answer.error = error.code ?? error.message;
    });
    asked.on("upgrade", (response) => {
      answer.status = response.statusCode ?? 0;
      answer.rawHeaders = response.rawHeaders;
      answer.complete = true;
    });
    asked.on("response", (response) => {
      answer.status = response.statusCode ?? 0;
      answer.rawHeaders = response.rawHeaders;
      response.on("data", (chunk: Buffer) => (answer.body += chunk.toString("latin1")));
      response.on("error", (error: NodeJS.ErrnoException) => (answer.error = error.code ?? error.message));
      response.on("end", () => (answer.complete = response.complete));
    });
    near.once("close", () => setImmediate(resolve));
    asked.end();
    // The request goes out, the answer comes in; some turns later all of it has arrived, and the case ends.
    void afterTurns(2)
      .then(() => far.end(input))
      .then(() => afterTurns(6))
      .then(() => near.destroy());
  });
  return answer;
}

/** Where ours may accept what llhttp refuses or reads differently. Each says why that is safe. */
function isAllowed(ours: Transcript, theirs: OracleAnswer): boolean {
  const final = ours.messages.find((message) => message.status >= 200 || message.status === 101);
  // A 101 that nobody asked for: node tears down; the proxy compares it with what was asked and answers 502.
  return final?.status === 101 && theirs.status !== 200;
}

function disagreement(ours: Transcript, theirs: OracleAnswer): string {
  const final = ours.messages.find((message) => message.status >= 200 || message.status === 101);
  if (final === undefined || isAllowed(ours, theirs)) return "";
  if (theirs.status === 0 || !theirs.complete) return `accepted by ours only (llhttp: ${theirs.error})`;
  if (final.status !== theirs.status) return "another status";
  if (final.body !== theirs.body) return "another body";
  if (JSON.stringify(final.fields.flat()) !== JSON.stringify(theirs.rawHeaders)) return "other fields";
  return "";
}

test(
  `${inputs} answers: ours accepts nothing that llhttp reads differently`,
  { timeout: 60_000 },
  async () => {
    const random = seededRandom(seed);
    let accepted = 0;
    let refused = 0;
    for (let done = 0; done < inputs; done += batch) {
      const cases = Array.from({ length: batch }, () => ({
        text: mutate(random, answerHeads),
        method: random() < 0.2 ? "HEAD" : "GET",
      }));
      const judged = await Promise.all(
        cases.map(async ({ text, method }) => {
          const bytes = Buffer.from(text, "latin1");
          return { text, method, ours: readAnswers([bytes], [method]), theirs: await judge(bytes, method) };
        }),
      );
      for (const { text, method, ours, theirs } of judged) {
        const what = disagreement(ours, theirs);
        assert.equal(
          what,
          "",
          `${what}\n${method}: ${JSON.stringify(text)}\nours: ${JSON.stringify(ours)}\nllhttp: ${JSON.stringify(theirs)}`,
        );
        if (ours.messages.length > 0) accepted++;
        if (ours.failure !== undefined) refused++;
      }
    }
    assert.ok(accepted > inputs / 4, `only ${accepted} inputs had a valid answer`);
    assert.ok(refused > inputs / 8, `only ${refused} inputs were refused`);
  },
);
