import { request as requestInClear } from "node:http";
import { request as requestSecurely } from "node:https";
import type { Clock } from "../../runtime/clock.ts";
import { lacksMeans } from "../../runtime/dial.ts";
import type { Endpoint } from "./endpoint.ts";

export const probeNumbers = {
  /** Lower: a dead gateway is left sooner; higher: a busy one is believed longer. */
  withinMs: 500,
} as const;

/** `unasked`: this host has no file or no port left to ask it with. */
export type Sign = "lives" | "none" | "unasked";

/**
 * Whether somebody lives there: an answered byte, for the kernel takes connections for a stopped process too. The
 * request does nothing anywhere; a gateway answers it itself (Max-Forwards), and one that cannot serve says so.
 */
export function probe(endpoint: Endpoint, clock: Clock): Promise<Sign> {
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
    const end = (sign: Sign): void => {
      timer.cancel();
      resolve(sign);
      outgoing.destroy();
    };
    const timer = clock.after(probeNumbers.withinMs, () => clock.afterPendingInput(() => end("none")));
    outgoing.on("socket", (socket) => socket.unref());
    outgoing.on("response", (answer) => {
      answer.resume();
      end(endpoint.livesBy(answer.statusCode ?? 0) ? "lives" : "none");
    });
    outgoing.on("error", (error) => end(lacksMeans(error) ? "unasked" : "none"));
    outgoing.on("close", () => end("none"));
    outgoing.end();
  });
}
