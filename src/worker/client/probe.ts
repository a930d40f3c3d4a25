import { request as requestInClear } from "node:http";
import { request as requestSecurely } from "node:https";
import type { Clock } from "../../runtime/clock.ts";
import type { Endpoint } from "./endpoint.ts";

export const probeNumbers = {
  /** Lower: a dead gateway is left sooner; higher: a busy one is believed longer. */
  withinMs: 500,
} as const;

/**
 * Whether somebody lives there: an answered byte, for the kernel takes connections for a stopped process too. The
 * request does nothing anywhere; a gateway answers it itself (Max-Forwards), and one that cannot serve says so.
 */
export function probe(endpoint: Endpoint, clock: Clock): Promise<boolean> {
  const { host, port, secure, routedBy } = endpoint;
  const send = secure ? requestSecurely : requestInClear;
  return new Promise((resolve) => {
    const outgoing = send({
      host,
      port,
      method: "OPTIONS",
      path: "*",
      headers: { host: routedBy, "max-forwards": "0", connection: "close" },
      agent: endpoint.agentForProbes,
      setHost: false,
    });
    const end = (lives: boolean): void => {
      timer.cancel();
      resolve(lives);
      outgoing.destroy();
    };
    const timer = clock.after(probeNumbers.withinMs, () => clock.afterPendingInput(() => end(false)));
    outgoing.on("socket", (socket) => socket.unref());
    outgoing.on("response", (answer) => {
      answer.resume();
      end(endpoint.livesBy(answer.statusCode ?? 0));
    });
    outgoing.on("error", () => end(false));
    outgoing.on("close", () => end(false));
    outgoing.end();
  });
}
