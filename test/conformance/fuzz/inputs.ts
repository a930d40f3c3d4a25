import * as fc from "fast-check";
import type { Random } from "../../../src/runtime/random.ts";
import { answerTexts, requestTexts } from "./grammar.ts";
import type { Care, Input } from "./judge.ts";
import { mutate } from "./mutate.ts";
import { answers, requests } from "./real-messages.ts";

export interface Trial {
  input: Input;
  care: Care;
}

/** Share of trials: by mutation of real messages or by the grammar, of a client or of a worker. */
const mutatedShare = 0.6;
const requestShare = 0.75;
const headShare = 0.2;
const everyCutShare = 0.05;
const rewrittenShare = 0.15;

/** The same trials for the same `random`. */
export function trials(random: Random, count: number): Trial[] {
  const mutated = random() < mutatedShare;
  const ofClient = random() < requestShare;
  return texts(random, count, mutated, ofClient).map((text) => ({
    input: ofClient
      ? { kind: "request", text }
      : { kind: "answer", text, method: random() < headShare ? "HEAD" : "GET" },
    care: {
      cuts: random() < everyCutShare ? "every" : [Math.floor(random() * (text.length + 1))],
      rewritten: random() < rewrittenShare,
    },
  }));
}

function texts(random: Random, count: number, mutated: boolean, ofClient: boolean): string[] {
  if (mutated) {
    return Array.from({ length: count }, () => mutate(random, ofClient ? requests : answers));
  }
  const seed = Math.floor(random() * 0x7fff_ffff);
  return fc.sample(ofClient ? requestTexts : answerTexts, { numRuns: count, seed });
}
