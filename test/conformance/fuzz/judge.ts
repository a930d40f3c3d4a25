import { byteByByte, pieces, readAnswers, readRequests, type Transcript } from "../transcript.ts";
import { judgeAnswer } from "./answer-oracle.ts";
import { answerChoices } from "./answer-choices.ts";
import { requestChoices } from "./choices.ts";
import { compareAnswers } from "./compare-answers.ts";
import { compareRequests } from "./compare-requests.ts";
import { Oracle } from "./oracle.ts";
import { keptFields, rewriteAnswers, rewriteRequests } from "./rewrite.ts";
import { difference, same, type Verdict } from "./verdict.ts";

/** What comes on one connection: of a client, or of a worker that was asked by this method. Bytes as latin1. */
export type Input = { kind: "request"; text: string } | { kind: "answer"; text: string; method: string };

/** How much is looked at beside the comparison with llhttp: both cost several readings more. */
export interface Care {
  /** It is read with these cuts as well, and must say the same. `every`: at each single place, and byte by byte. */
  cuts: readonly number[] | "every";
  /** What we would write for the other side must say the same to both readers. */
  rewritten: boolean;
}

const oracle = new Oracle();

const requestDetails = new Set(requestChoices.map(({ detail }) => detail));
const answerDetails = new Set(answerChoices.map(({ detail }) => detail));

interface Judged {
  ours: Transcript;
  verdict: Verdict;
}

/** `difference` is a fault of ours: not on any list, or ours says something else another time. */
export async function judge(input: Input, care: Care): Promise<Judged> {
  const { ours, verdict } = await compared(input);
  const found =
    onTheList(input, verdict) ??
    cutDifference(input, ours, care.cuts) ??
    (await writtenDifference(input, ours, care));
  return { ours, verdict: found === undefined ? verdict : difference(found) };
}

async function compared(input: Input): Promise<Judged> {
  const bytes = Buffer.from(input.text, "latin1");
  const ours = read(input, [bytes]);
  if (input.kind === "answer") {
    return { ours, verdict: compareAnswers(ours, await judgeAnswer(bytes, input.method)) };
  }
  const verdict = compareRequests(ours, await oracle.judge(bytes));
  const cutOff = verdict.kind === "difference" && ours.rest === "body" && isRefusedLater(bytes);
  return { ours, verdict: cutOff ? same : verdict };
}

/** Trailers are judged by llhttp one after the other, by ours once they are all there: here they never were. */
function isRefusedLater(bytes: Buffer): boolean {
  return readRequests([Buffer.concat([bytes, Buffer.from("\r\n\r\n")])]).failure !== undefined;
}

function read(input: Input, parts: readonly Buffer[]): Transcript {
  return input.kind === "request" ? readRequests(parts) : readAnswers(parts, [input.method]);
}

function onTheList(input: Input, verdict: Verdict): string | undefined {
  if (verdict.kind === "difference") return verdict.what;
  const details = input.kind === "request" ? requestDetails : answerDetails;
  if (verdict.kind === "same" || details.has(verdict.detail)) return undefined;
  return `ours refuses what llhttp takes: ${verdict.detail}`;
}

function cutDifference(input: Input, whole: Transcript, cuts: Care["cuts"]): string | undefined {
  const bytes = Buffer.from(input.text, "latin1");
  const says = JSON.stringify(whole);
  const differs = (parts: Buffer[]): boolean => JSON.stringify(read(input, parts)) !== says;
  if (cuts === "every" && differs(byteByByte(bytes))) return "byte by byte it is read differently";
  const places = cuts === "every" ? Array.from({ length: bytes.length }, (_, at) => at) : cuts;
  const wrong = places.find((place) => differs(pieces(bytes, [Math.min(place, bytes.length)])));
  return wrong === undefined ? undefined : "cut in two it is read differently";
}

async function writtenDifference(input: Input, ours: Transcript, care: Care): Promise<string | undefined> {
  if (!care.rewritten || ours.messages.length === 0) return undefined;
  const written =
    input.kind === "request" ? rewriteRequests(ours.messages) : rewriteAnswers(ours.messages, input.method);
  const again = await compared({ ...input, text: written.text });
  if (again.verdict.kind === "difference") return `what we write is read differently: ${again.verdict.what}`;
  if (again.ours.failure !== undefined)
    return `what we write is refused by ourselves: ${again.ours.failure.detail}`;
  if (meaning(again.ours.messages) === meaning(written.messages)) return undefined;
  return "what we write says something else";
}

function meaning(messages: Transcript["messages"]): string {
  return JSON.stringify(
    messages.map(({ method, target, status, body, trailers, fields }) => [
      method,
      target,
      status,
      body,
      trailers,
      keptFields(fields),
    ]),
  );
}
