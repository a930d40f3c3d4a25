import { linkVersion } from "./frames.ts";

/**
 * How a link begins. The worker's registration tells the proxies its port and a key, new for each life; both sides prove
 * that they know the key, and it never crosses the link. So nobody else opens streams at a worker, and whoever took over
 * a dead worker's port gets no requests.
 *
 *     proxy -> hello { v, proxy, nonce }
 *     worker -> hello { v, nonce, streamsMax, proof(worker), now }
 *     proxy -> proof { proof(proxy) }
 *
 * A proof is HMAC-SHA256 of the side's name and both nonces, in hex.
 */
export interface ProxyHello {
  v: number;
  proxy: string;
  nonce: string;
}

export interface WorkerHello {
  v: number;
  nonce: string;
  /** Streams open at once; more are refused. */
  streamsMax: number;
  proof: string;
  /** Its host's clock, in milliseconds, when it said so. It keeps to `beginBy` on it. Older ones say nothing. */
  now?: number;
}

export interface ProxyProof {
  proof: string;
}

/** What both sides do with a key; given by who has a cryptographic library. */
export interface Prover {
  /** HMAC-SHA256 in hex. */
  hmac(text: string): string;
  /** In constant time. */
  same(one: string, other: string): boolean;
}

export function workerProof(prover: Prover, proxyNonce: string, workerNonce: string): string {
  return prover.hmac(`worker ${proxyNonce} ${workerNonce}`);
}

export function proxyProof(prover: Prover, proxyNonce: string, workerNonce: string): string {
  return prover.hmac(`proxy ${proxyNonce} ${workerNonce}`);
}

/** Undefined: not a hello of this version. */
export function parseProxyHello(text: string): ProxyHello | undefined {
  const { v, proxy, nonce } = parse(text);
  return v === linkVersion && isText(proxy, 200) && isNonce(nonce) ? { v, proxy, nonce } : undefined;
}

export function parseWorkerHello(text: string): WorkerHello | undefined {
  const { v, nonce, streamsMax, proof, now } = parse(text);
  if (v !== linkVersion || !isNonce(nonce) || !isText(proof, 64)) return undefined;
  if (typeof streamsMax !== "number" || !Number.isSafeInteger(streamsMax) || streamsMax < 1) return undefined;
  return { v, nonce, streamsMax, proof, ...(typeof now === "number" && { now }) };
}

export function parseProxyProof(text: string): ProxyProof | undefined {
  const { proof } = parse(text);
  return isText(proof, 64) ? { proof } : undefined;
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isText(value: unknown, lengthMax: number): value is string {
  return typeof value === "string" && value !== "" && value.length <= lengthMax;
}

function isNonce(value: unknown): value is string {
  return isText(value, 64) && value.length >= 16;
}
