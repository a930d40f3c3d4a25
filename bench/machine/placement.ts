/** Which cores do what. The proxies share theirs with nobody. */
export interface Placement {
  proxy: readonly number[];
  worker: readonly number[];
  /** Supervisor and controllers of a gateway. */
  others: readonly number[];
  load: number;
}

/** Below this many, two proxies would have to share. */
export const coresForTwoProxies = 6;

/**
 * The load generator is on the last core, whatever else there is. With two cores everything but the proxy shares it;
 * with more, workers and load come apart. Null: too few cores for so many proxies.
 */
export function placementOn(cores: number, proxies: number): Placement | null {
  if (cores < 2 || (proxies > 1 && cores < coresForTwoProxies)) return null;
  const load = cores - 1;
  const between = Array.from({ length: cores }, (_, core) => core).slice(proxies, load);
  const worker = between.slice(0, proxies);
  const others = between.slice(proxies, proxies + 1);
  return {
    proxy: Array.from({ length: proxies }, (_, core) => core),
    worker: worker.length > 0 ? worker : [load],
    others: others.length > 0 ? others : [load],
    load,
  };
}
