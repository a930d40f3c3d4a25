/** What became of a write. `unknown`: nobody answered, so it may be done or not, or be done yet. */
export type Outcome = { kind: "done" } | { kind: "refused"; why: string } | { kind: "unknown"; why: string };

/** For reads and writes alike: a controller that stands still keeps connections open. */
export const answerWithinMs = 5_000;

export async function outcomeOf(
  send: (signal: AbortSignal) => Promise<Response>,
  withinMs = answerWithinMs,
): Promise<Outcome> {
  let answer: Response;
  try {
    answer = await send(AbortSignal.timeout(withinMs));
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    const what = late ? `No answer within ${withinMs / 1_000} s` : "No controller answered";
    return {
      kind: "unknown",
      why: `${what}: it may be done or not, or be done yet. Look before you try again.`,
    };
  }
  if (answer.ok) return { kind: "done" };
  return { kind: "refused", why: await refusalIn(answer) };
}

/** Why it was refused, in whatever form that was said. */
export async function refusalIn(answer: Response): Promise<string> {
  const problem = (await answer.json().catch(() => ({}))) as { title?: string; detail?: string };
  return problem.detail ?? problem.title ?? `refused: ${answer.status}`;
}
