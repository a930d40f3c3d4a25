import { createHmac } from "node:crypto";
import type { StoredToken } from "../protocol/join-token.ts";
import { sameText } from "./guard.ts";

export const proofNumbers = {
  /** For as long the controllers may be away, or out of reach. */
  goodMs: 7 * 24 * 3_600_000,
  renewEveryMs: 3_600_000,
} as const;

/** One life of an SDK worker. */
export interface Life {
  service: string;
  id: string;
  instance: string;
}

/**
 * What this life may show when the token is over, to controllers that do not know it (any more), to prove that it had joined:
 * `<milliseconds>-<HMAC-SHA256>`. The key is the token's own and is gone when that is revoked. Undefined: the token has no end, or is
 * of an older version.
 */
export function joinProof({ proofKey }: StoredToken, life: Life, wallTime: string): string | undefined {
  return proofKey === undefined ? undefined : proofText(proofKey, life, Date.parse(wallTime));
}

export function isProven({ proofKey }: StoredToken, life: Life, proof: string, wallTime: string): boolean {
  const at = Number(proof.split("-", 1)[0]);
  if (proofKey === undefined || !(Math.abs(Date.parse(wallTime) - at) <= proofNumbers.goodMs)) return false;
  return sameText(proof, proofText(proofKey, life, at));
}

function proofText(key: string, { service, id, instance }: Life, at: number): string {
  const digest = createHmac("sha256", key).update(JSON.stringify([service, id, instance, at]));
  return `${at}-${digest.digest("base64url")}`;
}
