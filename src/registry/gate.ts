import type { Gate } from "../core/registry/worker.ts";
import type { Check } from "../protocol/configuration.ts";
import type { Entry } from "./entry.ts";
import type { Registry } from "./registry.ts";

/** How a worker is checked: by its configured check, or by one connect when a session watches over it. */
export function gateFor(check: Check, origin: "configured" | "joined", via: "session" | "heartbeat"): Gate {
  if (via === "session") return { kind: "connect" };
  if (check.kind === "none") return origin === "configured" ? { kind: "open" } : { kind: "connect" };
  return { kind: "checked", fall: check.fall, rise: check.rise };
}

/** The configuration may say something else of its check now. */
export function regate(registry: Registry, entry: Entry): void {
  const { worker } = entry;
  const { service } = worker.registration;
  const gate = gateFor(registry.checkOf(service), worker.origin, worker.sdk ? "session" : "heartbeat");
  entry.worker = { ...worker, gate };
  if (gate.kind === "open" && !worker.admitted)
    registry.apply(entry, { kind: "check-passed", answered: false });
  registry.checker.consider(entry);
}
