import type { Gate } from "../core/registry/worker.ts";
import type { Check } from "../protocol/configuration.ts";

/** How a worker is checked: by its configured check, or by one connect when a session watches over it. */
export function gateFor(check: Check, origin: "configured" | "joined", via: "session" | "heartbeat"): Gate {
  if (via === "session") return { kind: "connect" };
  if (check.kind === "none") return origin === "configured" ? { kind: "open" } : { kind: "connect" };
  return { kind: "checked", fall: check.fall, rise: check.rise };
}
