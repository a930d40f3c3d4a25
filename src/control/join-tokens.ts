import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { SkeinError } from "../protocol/error.ts";
import {
  type AddedSecret,
  type StoredToken,
  tokenLimits,
  type TokenScope,
  withSecret,
} from "../protocol/join-token.ts";

const form = /^skein-(worker|gateway)-([0-9a-f]{8})-([0-9a-f]{64})$/;

export type TokenVerdict =
  | { kind: "good"; token: StoredToken }
  /** Nothing new may join by it. */
  | { kind: "expired"; token: StoredToken }
  | { kind: "unknown" };

/** What a caller's token is worth. In constant time for every secret of that form, known or not. */
export function judgeToken(tokens: readonly StoredToken[], given: string, wallTime: string): TokenVerdict {
  const [, scope, id, secret = ""] = form.exec(given) ?? [];
  const token = tokens.find((one) => one.id === id && one.scope === scope);
  const digest = digestOf(secret);
  const nobody = Buffer.alloc(digest.length);
  let known = false;
  for (let place = 0; place < tokenLimits.secretsMax; place += 1) {
    const hash = token?.hashes[place];
    const other = hash === undefined ? nobody : Buffer.from(hash, "hex");
    if (other.length === digest.length && timingSafeEqual(digest, other)) known = true;
  }
  if (token === undefined || !known) return { kind: "unknown" };
  const isOver = token.expiresAt !== null && !(Date.parse(wallTime) < Date.parse(token.expiresAt));
  return { kind: isOver ? "expired" : "good", token };
}

export interface TokenWish {
  scope: TokenScope;
  services: string[];
  expiresInMs: number | null;
}

/** A new token, and its text, which is told once. */
export function newJoinToken(wish: TokenWish, wallTime: string): { token: StoredToken; text: string } {
  const { scope, services, expiresInMs } = wish;
  if (scope === "gateway" && services.length > 0) {
    throw new SkeinError("invalid", "services: a token for gateways is for every service.");
  }
  if (scope === "gateway" && expiresInMs !== null) {
    const detail =
      "expiresInMs: the proxies of a host come back by its token at any time; revoke it to end it.";
    throw new SkeinError("invalid", detail);
  }
  const id = randomBytes(4).toString("hex");
  const { secret, hash } = newSecret();
  const expiresAt = expiresInMs === null ? null : new Date(Date.parse(wallTime) + expiresInMs).toISOString();
  const proofKey = expiresAt === null ? {} : { proofKey: newKey() };
  const token = { id, scope, services, hashes: [hash], createdAt: wallTime, expiresAt, ...proofKey };
  return { token, text: textOf(token, secret) };
}

/** A new secret for it; the newest of those before stays good. */
export function rotated(token: StoredToken): { token: StoredToken; text: string; added: AddedSecret } {
  const { secret, hash } = newSecret();
  const added = token.expiresAt === null ? { hash } : { hash, proofKey: newKey() };
  return { token: withSecret(token, added), text: textOf(token, secret), added };
}

function newSecret(): { secret: string; hash: string } {
  const secret = newKey();
  return { secret, hash: digestOf(secret).toString("hex") };
}

function newKey(): string {
  return randomBytes(32).toString("hex");
}

function textOf({ scope, id }: StoredToken, secret: string): string {
  return `skein-${scope}-${id}-${secret}`;
}

function digestOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
