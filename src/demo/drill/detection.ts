import { pidsOf } from "../cluster/gateway-process.ts";
import type { Scene } from "./scene.ts";

/** Gives the time at which the gateway had noticed the fault; undefined: not yet. */
export type Detection = (scene: Scene) => Promise<number | undefined>;

/** Every controller's table shows the worker as something else than live, or not at all. */
export const workerOut: Detection = async ({ stage, struckAt, victimId }) => {
  if (struckAt === undefined) return undefined;
  const firstByController = new Map<string, number>();
  for (const change of stage.watch.changesSince(struckAt)) {
    if (change.worker !== victimId || change.state?.kind === "live") continue;
    if (!firstByController.has(change.controller)) firstByController.set(change.controller, change.at);
  }
  const seenByAll = stage.watch.controllers.every((name) => firstByController.has(name));
  return seenByAll && firstByController.size > 0 ? Math.max(...firstByController.values()) : undefined;
};

/** A new leader has written that it leads: its first write in the store. */
export const leaderReplaced: Detection = async ({ stage, struckAt }) =>
  stage.events.since(struckAt ?? Infinity).find(({ event }) => event.kind === "leader-elected")?.at;

/** None of the struck proxies is listed as a child any more. */
export const proxiesReplaced: Detection = async ({ stage, struck, clock }) => {
  const pids = pidsOf(await stage.gateway.status(200), "proxy");
  return struck.some((pid) => pids.includes(pid)) ? undefined : clock.now();
};

/** Another supervisor answers. */
export const supervisorReplaced: Detection = async ({ stage, struck, clock }) => {
  const { supervisor } = await stage.gateway.status(200);
  return struck.includes(supervisor.pid) ? undefined : clock.now();
};

/** Nothing to notice: the fault ends by itself, or is no fault. */
export const unnoticed: Detection = async () => undefined;
