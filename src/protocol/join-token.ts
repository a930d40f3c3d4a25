/**
 * `worker`: joins as a worker (heartbeats, sessions). `gateway`: reads the routing table with the keys of links, and tells
 * evidence and statistics, as the proxies of a host without a controller do.
 */
export type TokenScope = "worker" | "gateway";

/** A join token as it stands in the store: enough to know it again, and not enough to show it. */
export interface StoredToken {
  /** Part of the token's text: by it the one hash is found that is compared. */
  id: string;
  scope: TokenScope;
  /** Services as whose workers it lets join; empty: as every. */
  services: string[];
  /**
   * SHA-256 of the secrets, hex, the newest first; the one before stays good until the next `rotate`. A plain hash is
   * enough: the secrets are 256 random bits, which nobody guesses.
   */
  hashes: string[];
  createdAt: string;
  /** By wall clocks: people think of days. After it nobody new joins; who has joined by it stays. Null: never, as for gateways. */
  expiresAt: string | null;
  /** Of one that ends: makes the proofs that a worker has joined (control/join-proof.ts). 256 random bits, hex; older versions give none. */
  proofKey?: string;
}

/** `GET /v1/tokens`. */
export interface TokensReply {
  v: 1;
  tokens: TokenView[];
}

export type TokenView = Omit<StoredToken, "hashes" | "proofKey"> & {
  /** Secrets that are good at this moment: two after a `rotate`. */
  secrets: number;
};

/** `POST /v1/tokens`, `POST /v1/tokens/{id}/rotate`: the only time at which the token is shown. */
export interface TokenReply {
  v: 1;
  token: string;
  view: TokenView;
}

export const tokenLimits = { tokensMax: 50, servicesMax: 20, secretsMax: 2 } as const;

/** What a `rotate` adds. */
export interface AddedSecret {
  hash: string;
  /** For a token that has none yet. */
  proofKey?: string;
}

/** With one more secret; the newest of those before stays good. The same token when it has it already. */
export function withSecret(token: StoredToken, { hash, ...added }: AddedSecret): StoredToken {
  if (token.hashes.includes(hash)) return token;
  return { ...added, ...token, hashes: [hash, ...token.hashes].slice(0, tokenLimits.secretsMax) };
}

export function tokenView({ id, scope, services, hashes, createdAt, expiresAt }: StoredToken): TokenView {
  return { id, scope, services, createdAt, expiresAt, secrets: hashes.length };
}
