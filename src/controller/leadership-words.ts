import type { Takeover } from "../core/election.ts";

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
