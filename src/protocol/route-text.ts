import type { Condition, Route } from "./configuration.ts";

/** `web`, or `web 90% + next 10%`. */
export function targetText({ to }: Pick<Route, "to">): string {
  const total = to.reduce((sum, { weight }) => sum + weight, 0);
  if (to.length === 1) return to[0]?.service ?? "";
  return to
    .map(({ service, weight }) => `${service} ${Math.round((weight * 1000) / total) / 10}%`)
    .join(" + ");
}

export function conditionText({ match }: Route): string {
  const list = (conditions: readonly Condition[], separator: string): string[] =>
    conditions.map(({ name, value }) => (value === undefined ? name : `${name}${separator}${value}`));
  return [
    match.methods.join("/"),
    ...list(match.headers, ": "),
    ...list(match.query, "=").map((each) => `?${each}`),
  ]
    .filter((text) => text !== "")
    .join(", ");
}
