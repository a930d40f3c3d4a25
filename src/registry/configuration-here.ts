import type { ProxySettings, TrafficConfiguration } from "../protocol/configuration.ts";
import { receptionsHere, servicesHere } from "../protocol/files-here.ts";

/**
 * The configuration in the store as it holds on this host, whose own one may be another: each host reads its own, and the leader's
 * is stored. What this host says of a listener that the stored one does not name counts, and so do its digests of files that both
 * name, for they are read here.
 */
export function configurationHere(
  stored: TrafficConfiguration,
  own: TrafficConfiguration | undefined,
): TrafficConfiguration {
  if (own === undefined) return stored;
  const services = servicesHere(stored.services, own.services);
  return { ...stored, services, proxy: proxyHere(stored.proxy, own.proxy.receptions) };
}

function proxyHere(proxy: ProxySettings, own: ProxySettings["receptions"]): ProxySettings {
  const { receptions = {} } = proxy;
  const missing = Object.keys(own ?? {}).some((name) => !Object.hasOwn(receptions, name));
  // Absent in a configuration from before TLS, it means something else than empty.
  if (own === undefined || (proxy.receptions === undefined && !missing)) return proxy;
  return { ...proxy, receptions: receptionsHere({ ...own, ...receptions }, own) };
}
