import type { ControlApp } from "../control/app.ts";
import { trustedCaller } from "../control/caller.ts";
import { forwardedHeader } from "../control/forward.ts";
import { refusal } from "../peers/asks.ts";
import type { PeerAnswer, PeerRequest } from "../protocol/peer.ts";

const bodyBytesMax = 256 * 1024;
const headersKept = ["content-type", "x-skein-reason", "retry-after"];

/** Does what an operator asked of another controller, which passed it on. A peer is trusted as that operator was there. */
export async function answerPeer(
  app: ControlApp,
  { method, target, body, worker }: PeerRequest,
): Promise<PeerAnswer> {
  try {
    const init = {
      method,
      headers: { "content-type": "application/json", [forwardedHeader]: "1" },
      ...(method === "POST" ? { body } : {}),
    };
    const env = { caller: trustedCaller, ...(worker === undefined ? {} : { found: worker }) };
    const answer = await app.request(target, init, env);
    const text = await answer.text();
    if (text.length > bodyBytesMax)
      return refusal(500, "internal", "The answer is too long to be passed back.");
    const headers = headersKept.flatMap((name) => {
      const value = answer.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    return { status: answer.status, headers: Object.fromEntries(headers), body: text };
  } catch {
    return refusal(500, "internal", "The leader made an error. See its log.");
  }
}
