import { SkeinError } from "../protocol/error.ts";
import type { ControlPorts } from "./ports.ts";

export const forwardedHeader = "x-skein-forwarded";

/**
 * Passes an operator's write on to the leader. Undefined: this controller leads, and answers itself. A write that
 * was passed on once is not passed on again: two controllers that each think the other leads would play ping-pong.
 */
export async function forward(
  ports: ControlPorts,
  request: Request,
  body: string,
): Promise<Response | undefined> {
  const leadership = ports.leadership();
  if (leadership.kind === "here") return undefined;
  if (leadership.kind === "beyond") {
    throw new SkeinError(
      "noLeader",
      "A controller of another gateway leads, and changes cannot be passed on to it at this moment. Make them there, or try again.",
    );
  }
  if (leadership.kind === "nobody" || request.headers.has(forwardedHeader)) {
    throw new SkeinError("noLeader", nobodyLeads(ports));
  }
  const { pathname, search } = new URL(request.url);
  const answer = await leadership.ask({ method: request.method, target: pathname + search, body });
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
}

function nobodyLeads(ports: ControlPorts): string {
  const { condition, what } = ports.store();
  if (condition === "sound" || what === null)
    return "No controller leads at this moment; a new one takes over within seconds. Try again.";
  return `No controller can lead, for the store is ${condition}: ${what}`;
}
