import type { Measurement } from "../suite/results.ts";

/** Who is not settled by then is measured as it is. */
const loadsMax = 8;
/** A smaller gain than this share is chance. */
const gainMin = 0.03;
const loadsWithoutGain = 2;

/**
 * Loads a peer until what a request costs falls no more: compilers, caches and pools learn a way that requests take for some
 * ten seconds of full load, and a gateway runs for weeks.
 */
export async function settle(
  load: () => Promise<Pick<Measurement, "proxy" | "worker" | "requests">>,
): Promise<void> {
  let best = Number.POSITIVE_INFINITY;
  let without = 0;
  for (let loads = 0; loads < loadsMax && without < loadsWithoutGain; loads += 1) {
    const { proxy, worker, requests } = await load();
    const cost = (proxy.user + proxy.system + worker.user + worker.system) / Math.max(1, requests);
    without = cost < best * (1 - gainMin) ? 0 : without + 1;
    best = Math.min(best, cost);
  }
}
