import { token } from "../token.ts";

/** Asks the control API once. Rejects with what it says is wrong. */
export async function ask<Reply>(path: string, signal?: AbortSignal): Promise<Reply> {
  const headers: Record<string, string> =
    token.value === undefined ? {} : { authorization: `Bearer ${token.value}` };
  const answer = await fetch(`../v1/${path}`, {
    headers,
    cache: "no-store",
    ...(signal === undefined ? {} : { signal }),
  });
  const body = (await answer.json()) as Reply & { detail?: string };
  if (!answer.ok) throw new Error(body.detail ?? `refused: ${answer.status}`);
  return body;
}
