import type { StoredToken } from "../protocol/join-token.ts";
import type { Override } from "./store.ts";

/** What operators said, besides the configuration: the content of the document `overrides`. */
export interface OperatorsWords {
  overrides: readonly Override[];
  tokens: readonly StoredToken[];
}

export function wordsText(words: OperatorsWords): string {
  return JSON.stringify(words);
}

/** What is as it was in `before` is given as the same object. A document that is a list is of before there were tokens. */
export function wordsIn(text: string, before: OperatorsWords): OperatorsWords {
  const found = JSON.parse(text) as Override[] | OperatorsWords;
  const { overrides, tokens } = Array.isArray(found) ? { overrides: found, tokens: [] } : found;
  return { overrides: kept(overrides, before.overrides), tokens: kept(tokens, before.tokens) };
}

function kept<List>(list: List, before: List): List {
  return JSON.stringify(list) === JSON.stringify(before) ? before : list;
}
