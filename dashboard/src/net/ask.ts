import { token } from "../token.ts";
import { answerWithinMs } from "./write.ts";

/** Asks the control API once. Rejects with what it says is wrong, or that nobody answers in time. */
export async function ask<Reply>(path: string, signal?: AbortSignal): Promise<Reply> {
  const headers: Record<string, string> =
    token.value === undefined ? {} : { authorization: `Bearer ${token.value}` };
  const late = AbortSignal.timeout(answerWithinMs);
  try {
    const answer = await fetch(`../v1/${path}`, {
      headers,
      cache: "no-store",
      signal: signal === undefined ? late : AbortSignal.any([signal, late]),
    });
    const body = (await answer.json()) as Reply & { detail?: string };
    if (!answer.ok) throw new Error(body.detail ?? `refused: ${answer.status}`);
    return body;
  } catch (error) {
    if (late.aborted)
      throw new Error(`No controller answered within ${answerWithinMs / 1_000} s.`, { cause: error });
    throw error;
  }
}
