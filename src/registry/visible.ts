import type { Worker } from "../core/registry/worker.ts";

/** Whether proxies, or the checks, may have to hear of the change. */
export function visiblyDiffer(before: Worker, after: Worker): boolean {
  return (
    before.state !== after.state ||
    before.registration !== after.registration ||
    before.session !== after.session ||
    before.peers.length !== after.peers.length ||
    before.admitted !== after.admitted ||
    before.sdk !== after.sdk
  );
}
