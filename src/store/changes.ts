import type { TrafficConfiguration } from "../protocol/configuration.ts";
import { SkeinError } from "../protocol/error.ts";
import { type StoredToken, tokenLimits, withSecret } from "../protocol/join-token.ts";
import {
  configurationBytesMax,
  type NewEvent,
  type Override,
  overridesMax,
  type StoreChange,
  type StoredConfiguration,
  writeMax,
} from "./store.ts";

/** What a list of changes comes to. A part that does not change is left out. */
export interface Outcome {
  configuration?: { digest: string; traffic: TrafficConfiguration };
  overrides?: readonly Override[];
  tokens?: readonly StoredToken[];
  events: NewEvent[];
}

/** What stands before a write. */
export interface Standing {
  configuration: Pick<StoredConfiguration, "digest"> | undefined;
  overrides: readonly Override[];
  tokens: readonly StoredToken[];
}

/** Sums up `changes` over what stands. Throws when a limit would be passed. Pure. */
export function outcomeOf(before: Standing, changes: readonly StoreChange[]): Outcome {
  checkSize(changes);
  const outcome: Outcome = { events: [] };
  for (const change of changes) {
    switch (change.kind) {
      case "configuration":
        outcome.configuration = { digest: change.digest, traffic: change.traffic };
        break;
      case "override":
        outcome.overrides = withOverride(outcome.overrides ?? before.overrides, change);
        break;
      case "token":
      case "token-rotated":
      case "token-revoked":
        outcome.tokens = withToken(outcome.tokens ?? before.tokens, change);
        break;
      case "event":
        outcome.events.push(change.event);
        break;
    }
  }
  if (outcome.configuration?.digest === before.configuration?.digest) delete outcome.configuration;
  if (outcome.overrides === before.overrides) delete outcome.overrides;
  if (outcome.tokens === before.tokens) delete outcome.tokens;
  if (outcome.overrides !== undefined && outcome.overrides.length > overridesMax) {
    throw new SkeinError(
      "storeFailed",
      `at most ${overridesMax} workers can have a drain or a weight set; undrain those that are gone: skein undrain ID -s SERVICE`,
    );
  }
  if (outcome.tokens !== undefined && outcome.tokens.length > tokenLimits.tokensMax) {
    throw new SkeinError(
      "storeFailed",
      `at most ${tokenLimits.tokensMax} join tokens can exist; revoke some`,
    );
  }
  return outcome;
}

/** What `writeMax` bounds. */
export function sizeOf(changes: readonly StoreChange[]): Record<keyof typeof writeMax, number> {
  const size = { overrides: 0, events: 0, eventBytes: 0 };
  for (const change of changes) {
    if (change.kind === "override") size.overrides += 1;
    if (change.kind !== "event") continue;
    size.events += 1;
    size.eventBytes += Buffer.byteLength(JSON.stringify(change.event));
  }
  return size;
}

function checkSize(changes: readonly StoreChange[]): void {
  const size = sizeOf(changes);
  const refuse = (what: string): never => {
    throw new SkeinError("storeFailed", `one write may hold at most ${what}; do it in several`);
  };
  if (size.overrides > writeMax.overrides) refuse(`${writeMax.overrides} drains and weights`);
  if (size.events > writeMax.events) refuse(`${writeMax.events} events`);
  if (size.eventBytes > writeMax.eventBytes) refuse(`${writeMax.eventBytes} bytes of events`);
}

/** The same list when nothing changes. */
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
  if (after.drain === before.drain && after.weight === before.weight) return overrides;
  const others = overrides.filter((other) => !isIt(other));
  return after.drain || after.weight !== null ? [...others, after] : others;
}

/** The same list when nothing changes. */
function withToken(
  tokens: readonly StoredToken[],
  change: Extract<StoreChange, { kind: "token" | "token-rotated" | "token-revoked" }>,
): readonly StoredToken[] {
  const id = change.kind === "token" ? change.token.id : change.id;
  const before = tokens.find((one) => one.id === id);
  const inItsPlace = (token: StoredToken): StoredToken[] =>
    tokens.map((one) => (one === before ? token : one));
  switch (change.kind) {
    case "token":
      return before === undefined ? [...tokens, change.token] : inItsPlace(change.token);
    case "token-rotated": {
      if (before === undefined)
        throw new SkeinError("notFound", `The join token "${id}" was revoked meanwhile.`);
      const { kind: _kind, id: _id, ...added } = change;
      const after = withSecret(before, added);
      return after === before ? tokens : inItsPlace(after);
    }
    case "token-revoked":
      return before === undefined ? tokens : tokens.filter((one) => one !== before);
  }
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
