import type { Takeover } from "../core/election.ts";
import type { PublicRole } from "../election/election.ts";

const reasons: Record<Takeover, string> = {
  free: "the seat was free",
  ended: "the process that led before has ended",
  silent: "who led before was silent for too long",
};

/** Of the event that tells who leads from now on, and why that changed. */
export function leadershipWords(
  controller: string,
  term: number,
  takeover: Takeover | undefined,
): { message: string; data: Record<string, string> } {
  const leads = `${controller} leads (term ${term})`;
  if (takeover === undefined) return { message: leads, data: { controller } };
  return { message: `${leads}: ${reasons[takeover]}`, data: { controller, because: takeover } };
}

/**
 * Who begins to lead, or leads no longer, says so. The others only hear of it, each by itself: were they to say so as well, one
 * change would stand in the log of a gateway as often as it has controllers.
 */
export function tellsOfLeadership(before: PublicRole | undefined, now: PublicRole): boolean {
  return now.kind === "leader" || before?.kind === "leader";
}
