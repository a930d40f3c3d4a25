import type { Force, GatewayStatus } from "../protocol/supervision.ts";
import { printable } from "./terminal.ts";

/** What an operator has to know of the configuration, where it is not in force. */
export function forceNote({ configuration: { force } }: GatewayStatus): string | undefined {
  switch (force?.kind) {
    case "elsewhere":
      return "another gateway leads (`skein leader`), and its configuration counts: this one does when it leads, or is given the same";
    case "awaited":
      return whyNotInForce(force);
    case "in-force":
    case undefined:
      return undefined;
  }
}

export function whyNotInForce({ proxies }: Force & { kind: "awaited" }): string {
  return proxies.length === 0
    ? "the configuration is read, and not in force yet: no controller has written it to the store (`skein leader`, `skein logs`); it is tried until it succeeds"
    : `the configuration is in the store, and ${proxies.map(printable).join(", ")}: not serving by it yet (\`skein logs\`)`;
}
