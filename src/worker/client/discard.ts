import type { IncomingMessage } from "node:http";
import type { Clock } from "../../runtime/clock.ts";

/** Higher: fewer connections are lost by a rest that is slow; lower: what never ends holds its connection for less. */
const withinMs = 1_000;

/** Of an answer whose body nobody wants: reads the rest, so that its connection serves on. One that does not end is cut. */
export function discard(answer: IncomingMessage, clock: Clock): void {
  const timer = clock.after(withinMs, () => answer.destroy());
  answer.once("close", () => timer.cancel());
  answer.resume();
}
