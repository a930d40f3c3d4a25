import type { Cause } from "./cause.ts";
import type { RequestRecord } from "./record.ts";
import { aimText, newcomer, noWorkerRule, type Words } from "./words.ts";

/** A worker that was there, and how it went. */
export interface Departed {
  worker: string;
  /** ISO 8601. */
  at: string;
  kind: "left" | "dead";
  /** The sentence that told it. */
  reason: string;
}

const toldMax = 3;

/** A service that has no worker any more: who was there last, when they went and why. `departed`: who went last is first. */
export function explainDeserted(
  cause: Cause,
  record: RequestRecord,
  departed: readonly Departed[],
): Words | undefined {
  if (cause !== "no-worker" || departed.length === 0) return undefined;
  const { service = "?", subset, route } = record;
  const told = departed.slice(0, toldMax).map(({ at, reason }) => `at ${at.slice(11, 19)}Z ${reason}`);
  const more = departed.length - told.length;
  if (more > 0) told.push(`and ${more} before`);
  const had = `had: ${told.join("; ")}.`;
  const died = departed.some(({ kind }) => kind === "dead");
  return {
    what:
      subset === undefined
        ? `The service '${service}' has no worker any more. It ${had}`
        : `Nobody serves '${aimText(record)}' any more. The service ${had}`,
    rule: noWorkerRule(record),
    todo: `${died ? "Look at their logs, and start" : "Start"} ${newcomer(record)}; in a deployment, start the new workers before the old ones leave. \`skein diff 10m -s ${service}\` tells more. Or name another service in route '${route}'.`,
  };
}
