import * as v from "valibot";
import type { SkeinConfig } from "./config.ts";
import { nearest } from "../core/did-you-mean.ts";
import type { Issue, KeyPath } from "./issues.ts";
import { withoutParts } from "./parts.ts";
import { looksLikePem } from "../runtime/pem.ts";
import { configSchema } from "./schema.ts";

export interface Shaped {
  /** The parts that have the shape of a configuration: known keys, right types. Undefined: not even the whole has it. */
  config: SkeinConfig | undefined;
  /** What is wrong with the other parts. */
  issues: Issue[];
}

export function checkShape(value: unknown): Shaped {
  if (Array.isArray(value))
    return {
      config: undefined,
      issues: [{ path: [], message: "a list is not possible here; write an object" }],
    };
  const unusable = unusableKeys(value, []);
  const usable = withoutParts(value, unusable);
  const result = v.safeParse(configSchema, usable);
  if (result.success) return { config: result.output, issues: unusable };
  const misshapen = result.issues.flatMap((issue) => readIssue(issue, []));
  const sound = v.safeParse(configSchema, withoutParts(usable, misshapen));
  return { config: sound.success ? sound.output : undefined, issues: [...unusable, ...misshapen] };
}

/** The library leaves out entries of these names without a word, lest they change what an object is. */
const unusable = new Set(["__proto__", "prototype", "constructor"]);
/** Deeper than any name of a configuration stands; a module may export what has no end. */
const unusableDepthMax = 10;

function unusableKeys(value: unknown, path: KeyPath): Issue[] {
  if (typeof value !== "object" || value === null || path.length > unusableDepthMax) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const innerPath = [...path, Array.isArray(value) ? Number(key) : key];
    if (!unusable.has(key)) return unusableKeys(inner, innerPath);
    return [{ path: innerPath, message: `"${key}" cannot be used as a name here; choose another` }];
  });
}

function readIssue(issue: v.BaseIssue<unknown>, above: KeyPath): Issue[] {
  const path = [...above, ...(issue.path ?? []).map(({ key }) => keyOf(key))];
  const branches = (issue.issues ?? []).filter(
    (each) => !(isObjectIssue(each) && Array.isArray(issue.input)),
  );
  const inner = branches.flatMap((each) => readIssue(each, path));
  // Of a choice of forms, the one that the value came nearest to: its faults lie deeper, or are about its keys.
  const nearer = inner.filter((each) => each.path.length > path.length);
  if (nearer.length > 0) return nearer;
  return [{ path, message: messageOf(issue) }];
}

/** An object's rules are applied to lists, too; what they say of a list is of no use. */
function isObjectIssue(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === "strict_object";
}

function keyOf(key: unknown): string | number {
  return typeof key === "number" ? key : String(key);
}

function messageOf(issue: v.BaseIssue<unknown>): string {
  if (isObjectIssue(issue)) return issue.message;
  const expected = (issue.expected ?? "something else")
    .replaceAll(/[()]/g, "")
    .replaceAll("Object", "an object")
    .replaceAll("Array", "a list")
    .replaceAll("string", "a text")
    .replaceAll("number", "a number")
    .replaceAll("boolean", "true or false")
    .replaceAll(" | ", " or ");
  const article = /^an? |^"|^true|^false|^\d/.test(expected) ? expected : `a ${expected}`;
  // What somebody has pasted in place of a file's path may be a private key: it is repeated nowhere.
  const received = looksLikePem(issue.received) ? "the content of a file" : issue.received;
  // Of many words the nearest, where one was meant; few are told all.
  const words = [...(issue.expected ?? "").matchAll(/"([^"]+)"/g)].map(([, word = ""]) => word);
  const meant = typeof issue.input === "string" && words.length > 3;
  const near = meant ? nearest(issue.input, words) : undefined;
  if (near !== undefined) return `${received} is not possible here; did you mean "${near}"?`;
  return `${received} is not possible here; write ${article}`;
}
