/**
 * Whose proxy it is, by the name under which it reports: of a host without controllers, that host's name stands before its
 * own. Empty: this gateway's.
 */
export function hostOf(proxy: string): string {
  return proxy.slice(0, Math.max(0, proxy.lastIndexOf(":")));
}

/** It may report to any gateway, and to another one later. */
export function isOfAnotherHost(proxy: string): boolean {
  return hostOf(proxy) !== "";
}
