import type { Transcript } from "../transcript.ts";
import type { OracleAnswer } from "./answer-oracle.ts";
import { difference, same, type Verdict } from "./verdict.ts";

/** Up to the first final answer: node's client reads no further. */
export function compareAnswers(ours: Transcript, theirs: OracleAnswer): Verdict {
  const final = ours.messages.find((message) => message.status >= 200 || message.status === 101);
  if (final === undefined) {
    if (ours.failure !== undefined) {
      return theirs.status === 0 || harmed(theirs) ? same : { kind: "stricter", detail: ours.failure.detail };
    }
    return theirs.complete ? difference("an answer is whole to llhttp only") : same;
  }
  // A 101 that nobody asked for: node tears down; the proxy compares it with what was asked, and answers 502.
  if (final.status === 101 && theirs.status !== 200) return same;
  if (theirs.status === 0 || !theirs.complete) {
    return difference(`an answer is accepted by ours only (llhttp: ${theirs.error})`);
  }
  if (final.status !== theirs.status) return difference("another status");
  if (final.body !== theirs.body) return difference("another body");
  if (JSON.stringify(final.fields.flat()) !== JSON.stringify(theirs.rawHeaders))
    return difference("other fields");
  return same;
}

/** Cut by the end of the input is no fault of the answer's form. */
function harmed({ complete, error }: OracleAnswer): boolean {
  return !complete && error !== "" && error !== "ECONNRESET";
}
