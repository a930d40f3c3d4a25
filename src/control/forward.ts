import { SkeinError } from "../protocol/error.ts";
import type { ControlPorts } from "./ports.ts";
import type { Named } from "./routes.ts";

export const forwardedHeader = "x-skein-forwarded";

/**
 * Passes an operator's write on to the leader. Undefined: this controller leads, and answers itself. A write that
 * was passed on once is not passed on again: two controllers that each think the other leads would play ping-pong.
 */
export async function forward(
  ports: ControlPorts,
  request: Request,
  body: string,
  whom: () => Named | undefined,
): Promise<Response | undefined> {
  const leadership = ports.leadership();
  if (leadership.kind === "here") return undefined;
  if (leadership.kind === "beyond") {
    const { leader } = leadership;
    const who = leader === undefined ? "A controller of another gateway" : `${leader.name} (${leader.url})`;
    throw new SkeinError(
      "noLeader",
      `${who} leads, and changes cannot be passed on to it at this moment. Make them there, or try again. Why it cannot be met is in this controller's log.`,
    );
  }
  if (leadership.kind === "nobody" || request.headers.has(forwardedHeader)) {
    throw new SkeinError("noLeader", nobodyLeads(ports));
  }
  const { pathname, search } = new URL(request.url);
  const worker = knownHere(whom);
  const asked = { method: request.method, target: pathname + search, body };
  const answer = await leadership.ask(worker === undefined ? asked : { ...asked, worker });
  const { status, headers } = answer;
  const told = worker === undefined || status !== 200 ? answer.body : asSeenHere(ports, answer.body, worker);
  return new Response(told, { status, headers });
}

/** Undefined: the leader may know it. */
function knownHere(whom: () => Named | undefined): Named | undefined {
  try {
    const found = whom();
    return found && { service: found.service, id: found.id };
  } catch (error) {
    if (error instanceof SkeinError && error.code === "worker-unknown") return undefined;
    throw error;
  }
}

/** The leader may know another worker by this name, or none. */
function asSeenHere(ports: ControlPorts, body: string, { service, id }: Named): string {
  const [worker] = ports.find(id, service);
  return `${JSON.stringify({ ...(JSON.parse(body) as object), worker })}\n`;
}

function nobodyLeads(ports: ControlPorts): string {
  const { condition, what } = ports.store();
  if (condition === "sound" || what === null)
    return "No controller leads at this moment; a new one takes over within seconds. Try again.";
  return `No controller can lead, for the store is ${condition}: ${what}`;
}
