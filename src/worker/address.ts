import type { AddressInfo } from "node:net";
import { SkeinError } from "../protocol/error.ts";
import type { JoinSettings } from "./options.ts";

/**
 * What the proxies shall connect to: `host:port`, or `:port` where the controller shall take the address from which
 * this process reaches it. A server that is bound to one address only says so: `listen(3000, 'localhost')` may
 * mean ::1, where 127.0.0.1 is refused.
 */
export function workerAddress(
  bound: AddressInfo | string | null,
  settings: Pick<JoinSettings, "host" | "port">,
): { address: string; port: number } {
  if (bound === null || typeof bound === "string") {
    throw new SkeinError(
      "invalid",
      `join: the server listens on ${bound === null ? "nothing" : `the unix socket ${bound}`}; a worker needs a TCP port`,
    );
  }
  const port = settings.port ?? bound.port;
  const host = settings.host ?? (isWildcard(bound.address) ? "" : bound.address);
  return { address: `${host.includes(":") ? `[${host}]` : host}:${port}`, port };
}

function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::" || address === "";
}
