import type { Issue, KeyPath } from "./issues.ts";

/** Where one part is misshapen, the others can still be judged: each key, and of these each entry. */
const judgedByEntry: readonly unknown[] = ["services", "routes"];

/** A configuration without the parts that have one of these faults. What is left stands where it stood. */
export function withoutParts(value: unknown, faults: readonly Issue[]): unknown {
  if (faults.length === 0 || typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    const own = faults.filter(({ path }) => path[0] === key);
    if (own.length === 0) return [[key, inner]];
    const deeper = own.every(({ path }) => path.length > 1);
    if (!deeper || !judgedByEntry.includes(key)) return [];
    const names = new Set(own.map(({ path }) => String(path[1])));
    return [[key, Object.fromEntries(Object.entries(inner as object).filter(([name]) => !names.has(name)))]];
  });
  return Object.fromEntries(entries);
}

/** Whether a verdict stands though the parts with these faults were left out: it rests on none of them. */
export function standsWithout({ path, besides = [] }: Issue, faults: readonly Issue[]): boolean {
  return ![path, ...besides].some((place) => faults.some((fault) => isOfOnePart(place, fault.path)));
}

function isOfOnePart(one: KeyPath, other: KeyPath): boolean {
  if (one[0] !== other[0]) return false;
  const [first, second] = [one[1], other[1]];
  return !judgedByEntry.includes(one[0]) || first === undefined || second === undefined || first === second;
}
