import { serviceText } from "../core/routing/service-text.ts";
import type { Condition, Route } from "./configuration.ts";
import type { RouteDestination } from "./discovery.ts";

export { serviceText };

/** What is special about a subset; undefined: nothing, for the whole service serves. */
export function subsetText({
  service,
  subset,
  otherwise = [],
  servedBy,
}: RouteDestination): string | undefined {
  if (subset === undefined) return undefined;
  const name = (each: string): string =>
    each === "none"
      ? "nobody"
      : each === "any"
        ? `any worker of ${service}`
        : serviceText({ service, subset: each });
  const rule = `${name(subset)}, otherwise ${otherwise.map(name).join(", otherwise ")}`;
  if (servedBy === undefined) return rule;
  if (servedBy === subset) return `${rule}; served by ${name(subset)}`;
  return `${rule}; none of it may be chosen, so served by ${name(servedBy)}`;
}

/** `web`, or `web 90% + web:next 10%`. */
export function targetText({ to }: Pick<Route, "to">): string {
  const total = to.reduce((sum, { weight }) => sum + weight, 0);
  const [only] = to;
  if (to.length === 1 && only !== undefined) return serviceText(only);
  return to
    .map(({ weight, ...target }) => `${serviceText(target)} ${Math.round((weight * 1000) / total) / 10}%`)
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
