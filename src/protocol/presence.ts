/**
 * What a controller tells of itself in the store that controllers of several hosts share: how they find each other, and
 * how each knows that it is the one. Whoever may write to the store belongs to the cluster.
 */
export interface Presence {
  /** Its instance: one life of its process. */
  controller: string;
  /** `GATEWAY/controller-2`: the same for each life. */
  name: string;
  gateway: string;
  /** As `hostIdentity` tells it. */
  host: string;
  /** Its own address of the control API. */
  url: string;
  /** Ed25519, made for this life: the public half as base64url. With the other half it proves who it is. */
  key: string;
  /** Its reading of the cluster's clock. */
  clock: number;
}

const limits = { name: 200, url: 300, key: 100 };

/** Undefined: it is none. Written by others, so nothing in it is believed before. */
export function parsePresence(value: unknown): Presence | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { controller, name, gateway, host, url, key, clock } = value as Record<string, unknown>;
  if (!isText(controller, 64) || !isText(name, limits.name) || !isText(gateway, limits.name))
    return undefined;
  if (!isText(host, limits.name) || !isText(url, limits.url) || !isText(key, limits.key)) return undefined;
  if (typeof clock !== "number" || !/^https?:\/\//.test(url) || !URL.canParse(url)) return undefined;
  if (!name.startsWith(`${gateway}/`)) return undefined;
  return { controller, name, gateway, host, url, key, clock };
}

function isText(value: unknown, lengthMax: number): value is string {
  return (
    typeof value === "string" && value.length > 0 && value.length <= lengthMax && /^[\x20-\x7e]+$/.test(value)
  );
}
