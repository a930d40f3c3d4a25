/** What is measured, in the order in which it is shown. `bare`: the workers without anything in front. */
export const peerNames = [
  "skein",
  "skein-link",
  "nginx",
  "haproxy",
  "caddy",
  "go",
  "undici",
  "fastify",
  "http-proxy",
  "bare",
] as const;

export type PeerName = (typeof peerNames)[number];

/** Close enough to each other that only many rounds tell them apart. The others are measured in fewer. */
const near: ReadonlySet<PeerName> = new Set(["skein", "skein-link", "nginx", "haproxy"]);

export function isNear(name: PeerName): boolean {
  return near.has(name);
}

/** A short run has those of which a target speaks. */
const quick: ReadonlySet<PeerName> = new Set([...near, "caddy", "go", "bare"]);

export function isQuick(name: PeerName): boolean {
  return quick.has(name);
}

export function isPeerName(text: string): text is PeerName {
  return (peerNames as readonly string[]).includes(text);
}
