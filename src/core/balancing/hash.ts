/**
 * Hashes that say the same in every process: gateways agree by them who serves a key. 32 bits, spread by the finaliser of
 * MurmurHash3; not meant to withstand somebody who chooses keys: see `docs/balancing.md`.
 */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return spread(hash ^ text.length);
}

/** Another hash for each pair. */
export function mix(one: number, other: number): number {
  return spread(Math.imul(one ^ 0x9e3779b9, 0x85ebca6b) ^ spread(other));
}

/** In (0, 1), never at an end of it. */
export function unitOf(hash: number): number {
  return (hash + 0.5) / 4_294_967_296;
}

function spread(bits: number): number {
  let hash = bits;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
