import type { TrafficConfiguration } from "../protocol/configuration.ts";
import { SkeinError } from "../protocol/error.ts";
import {
  configurationBytesMax,
  type NewEvent,
  type Override,
  overridesMax,
  type StoreChange,
} from "./store.ts";

/** What a list of changes comes to. A part that does not change is left out. */
export interface Outcome {
  configuration?: { digest: string; traffic: TrafficConfiguration };
  overrides?: readonly Override[];
  events: NewEvent[];
}

/** Sums up `changes` over the overrides as they stand. Throws when a limit would be passed. Pure. */
export function outcomeOf(before: readonly Override[], changes: readonly StoreChange[]): Outcome {
  const outcome: Outcome = { events: [] };
  for (const change of changes) {
    switch (change.kind) {
      case "configuration":
        outcome.configuration = { digest: change.digest, traffic: change.traffic };
        break;
      case "override":
        outcome.overrides = withOverride(outcome.overrides ?? before, change);
        break;
      case "event":
        outcome.events.push(change.event);
        break;
    }
  }
  if (outcome.overrides !== undefined && outcome.overrides.length > overridesMax) {
    throw new SkeinError(
      "storeFailed",
      `at most ${overridesMax} workers can have a drain or a weight set; undrain those that are gone`,
    );
  }
  return outcome;
}

function withOverride(
  overrides: readonly Override[],
  change: Extract<StoreChange, { kind: "override" }>,
): readonly Override[] {
  const { service, id } = change;
  const isIt = (other: Override): boolean => other.service === service && other.id === id;
  const before = overrides.find(isIt) ?? { service, id, drain: false, weight: null };
  const after: Override = {
    service,
    id,
    drain: change.drain ?? before.drain,
    weight: change.weight === undefined ? before.weight : change.weight,
  };
  const others = overrides.filter((other) => !isIt(other));
  return after.drain || after.weight !== null ? [...others, after] : others;
}

/** The JSON text of a configuration; refuses one that is too large. */
export function configurationText(traffic: TrafficConfiguration): string {
  const text = JSON.stringify(traffic);
  if (Buffer.byteLength(text) > configurationBytesMax) {
    throw new SkeinError(
      "storeFailed",
      `the configuration has more than ${configurationBytesMax} bytes of JSON; split it over gateways`,
    );
  }
  return text;
}
