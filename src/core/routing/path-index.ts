import type { PathMatch } from "./route.ts";

/** Something found by a path; among several the lowest rank wins. */
export interface Ranked {
  /** Position in the order of precedence. */
  readonly rank: number;
  readonly path: PathMatch;
}

interface PatternNode<Entry> {
  literals: Map<string, PatternNode<Entry>>;
  /** After a `:name`. */
  any: PatternNode<Entry> | undefined;
  /** Patterns that end here, by rank. */
  ends: Entry[];
  /** Patterns whose `*` begins here, by rank. */
  rests: Entry[];
}

/** Whether an entry whose path matches is to be had. A function of its own, not one for each request. */
export type Accepts<Entry, Facts> = (entry: Entry, facts: Facts) => boolean;

/**
 * Entries by path. A look-up costs one map access for exact paths, one for each prefix of the path that has the length
 * of a *configured* one and ends with a segment (a long path from outside does not cost more), and a walk down the
 * tree of patterns: none of it grows with the number of entries.
 */
export interface PathIndex<Entry extends Ranked> {
  readonly exact: Map<string, Entry[]>;
  /** Keys without a slash at the end: `""` is the prefix of everything. */
  readonly prefixes: Map<string, Entry[]>;
  /** By length: whether a prefix has it. */
  readonly prefixLengths: boolean[];
  patterns: PatternNode<Entry> | undefined;
}

export function emptyPathIndex<Entry extends Ranked>(): PathIndex<Entry> {
  return { exact: new Map(), prefixes: new Map(), prefixLengths: [], patterns: undefined };
}

/** Entries must be added in the order of their rank. */
export function addToPathIndex<Entry extends Ranked>(index: PathIndex<Entry>, entry: Entry): void {
  const { path } = entry;
  switch (path.kind) {
    case "exact":
      listIn(index.exact, path.path).push(entry);
      return;
    case "prefix": {
      const key = withoutLastSlash(path.path);
      listIn(index.prefixes, key).push(entry);
      while (index.prefixLengths.length <= key.length) index.prefixLengths.push(false);
      index.prefixLengths[key.length] = true;
      return;
    }
    case "pattern":
      index.patterns ??= emptyNode();
      addPattern(index.patterns, path.segments, entry);
      return;
  }
}

/** The entry of the lowest rank below that of `best` whose path matches and which `accepts`; else `best`. */
export function bestByPath<Entry extends Ranked, Facts extends { readonly path: string }>(
  index: PathIndex<Entry>,
  facts: Facts,
  best: Entry | undefined,
  accepts: Accepts<Entry, Facts>,
): Entry | undefined {
  const { path } = facts;
  let found = best;
  if (index.exact.size > 0) found = bestOf(index.exact.get(path), found, accepts, facts);
  if (index.prefixes.size > 0) found = bestPrefix(index, facts, found, accepts);
  if (index.patterns !== undefined && path.startsWith("/")) {
    found = bestPattern(index.patterns, facts, 1, found, accepts);
  }
  return found;
}

export function withoutLastSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

function bestPrefix<Entry extends Ranked, Facts extends { readonly path: string }>(
  index: PathIndex<Entry>,
  facts: Facts,
  best: Entry | undefined,
  accepts: Accepts<Entry, Facts>,
): Entry | undefined {
  const { prefixLengths, prefixes } = index;
  const { path } = facts;
  let found = prefixLengths[0] === true ? bestOf(prefixes.get(""), best, accepts, facts) : best;
  let end = 0;
  while (end < path.length && end < prefixLengths.length - 1) {
    const slash = path.indexOf("/", end + 1);
    end = slash === -1 ? path.length : slash;
    if (prefixLengths[end] === true) found = bestOf(prefixes.get(path.slice(0, end)), found, accepts, facts);
  }
  return found;
}

/** `start` is the offset of the segment to be matched next; `path.length + 1` when there is none left. */
function bestPattern<Entry extends Ranked, Facts extends { readonly path: string }>(
  node: PatternNode<Entry>,
  facts: Facts,
  start: number,
  best: Entry | undefined,
  accepts: Accepts<Entry, Facts>,
): Entry | undefined {
  const { path } = facts;
  let found = bestOf(node.rests, best, accepts, facts);
  if (start > path.length) return bestOf(node.ends, found, accepts, facts);
  if (node.literals.size === 0 && node.any === undefined) return found;
  const slash = path.indexOf("/", start);
  const end = slash === -1 ? path.length : slash;
  const literal = node.literals.size === 0 ? undefined : node.literals.get(path.slice(start, end));
  if (literal !== undefined) found = bestPattern(literal, facts, end + 1, found, accepts);
  if (node.any !== undefined && end > start) found = bestPattern(node.any, facts, end + 1, found, accepts);
  return found;
}

function addPattern<Entry>(root: PatternNode<Entry>, segments: readonly string[], entry: Entry): void {
  let node = root;
  for (const [position, segment] of segments.entries()) {
    if (segment === "*" && position === segments.length - 1) {
      node.rests.push(entry);
      return;
    }
    node = segment.startsWith(":") ? (node.any ??= emptyNode()) : childOf(node, segment);
  }
  node.ends.push(entry);
}

function childOf<Entry>(node: PatternNode<Entry>, segment: string): PatternNode<Entry> {
  let child = node.literals.get(segment);
  if (child === undefined) {
    child = emptyNode();
    node.literals.set(segment, child);
  }
  return child;
}

function emptyNode<Entry>(): PatternNode<Entry> {
  return { literals: new Map(), any: undefined, ends: [], rests: [] };
}

function bestOf<Entry extends Ranked, Facts>(
  entries: readonly Entry[] | undefined,
  best: Entry | undefined,
  accepts: Accepts<Entry, Facts>,
  facts: Facts,
): Entry | undefined {
  if (entries === undefined) return best;
  for (const entry of entries) {
    if (best !== undefined && entry.rank >= best.rank) return best;
    if (accepts(entry, facts)) return entry;
  }
  return best;
}

function listIn<Entry>(map: Map<string, Entry[]>, key: string): Entry[] {
  let list = map.get(key);
  if (list === undefined) {
    list = [];
    map.set(key, list);
  }
  return list;
}
