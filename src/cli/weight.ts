/** A worker's share of the requests, as operators write it. Undefined: it is none. */
export function weightOf(text: string): number | undefined {
  const weight = Number(text);
  return text.trim() !== "" && weight >= 0 && weight <= 1_000 ? weight : undefined;
}
