import { SkeinError } from "../protocol/error.ts";
import type { ControlPorts } from "./ports.ts";

const forwardedHeader = "x-skein-forwarded";
const forwardMsMax = 5_000;

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
      "A controller of another gateway leads, and changes cannot be passed on to it. Make them there.",
    );
  }
  if (leadership.kind === "nobody" || request.headers.has(forwardedHeader)) {
    throw new SkeinError(
      "noLeader",
      "No controller leads at this moment; a new one takes over within seconds. Try again.",
    );
  }
  const { pathname, search } = new URL(request.url);
  const headers = {
    authorization: `Bearer ${ports.guard().token}`,
    "content-type": "application/json",
    [forwardedHeader]: "1",
  };
  try {
    const answer = await fetch(new URL(pathname + search, leadership.url), {
      method: request.method,
      headers,
      redirect: "error",
      signal: AbortSignal.timeout(forwardMsMax),
      ...(request.method === "POST" ? { body } : {}),
    });
    const kept = ["content-type", "x-skein-reason", "retry-after"].flatMap((name) => {
      const value = answer.headers.get(name);
      return value === null ? [] : [[name, value] as [string, string]];
    });
    return new Response(await answer.text(), { status: answer.status, headers: kept });
  } catch (error) {
    const detail = `The leader at ${leadership.url} could not be reached: it may have just ended. Try again.`;
    throw new SkeinError("noLeader", detail, { cause: error });
  }
}
