import { isIP } from "node:net";
import { isLoopbackAddress, isLoopbackHost } from "../core/registry/address.ts";

/** A session goes to each controller, but never to more than this many, whatever we are told. */
export const sessionsMax = 3;

/**
 * The controllers with which a worker holds its sessions. Those of different hosts before a second one of the same, so that
 * no host takes all sessions with it when it is lost; and each worker begins at another host and another controller, so
 * that all share the load. A function of what is known, in whatever order it was told: two controllers that tell the same
 * set do not make a worker move.
 */
export function chosenControllers(known: readonly string[], worker: string): string[] {
  const byHost = new Map<string, string[]>();
  for (const url of [...new Set(known)].sort()) {
    const host = new URL(url).hostname;
    byHost.set(host, [...(byHost.get(host) ?? []), url]);
  }
  const hash = hashOf(worker);
  const hosts = rotated([...byHost.values()], hash & 0xffff).map((urls) => rotated(urls, hash >>> 16));
  const rounds = Math.max(0, ...hosts.map((urls) => urls.length));
  const inOrder = Array.from({ length: rounds }, (_, round) =>
    hosts.flatMap((urls) => urls[round] ?? []),
  ).flat();
  return inOrder.slice(0, sessionsMax);
}

/**
 * Who was told to speak with TLS says nothing in plain text to another host, whoever names it: the token would go with it.
 */
export function withoutPlainText(told: readonly string[], seeds: readonly string[]): string[] {
  const secure = seeds.some((url) => url.startsWith("https:"));
  return told.filter((url) => !secure || url.startsWith("https:") || isLoopbackHost(hostOf(url)));
}

/**
 * Controllers of other hosts refuse a worker at a loopback address. `hosts`: of those that let it in; empty: not known yet.
 * One host may have several names.
 */
export function withinReach(
  told: readonly string[],
  address: string,
  hosts: ReadonlySet<string>,
): readonly string[] {
  if (hosts.size === 0 || !isLoopbackAddress(address)) return told;
  return told.filter((url) => {
    const host = hostOf(url);
    return isIP(host) === 0 || isLoopbackHost(host) || hosts.has(new URL(url).hostname);
  });
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, "");
}

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const first = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

/** FNV-1a: spreads, and proves nothing. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
