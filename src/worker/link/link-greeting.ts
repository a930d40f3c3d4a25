import { randomBytes } from "node:crypto";
import {
  linkVersion,
  parseProxyHello,
  parseProxyProof,
  type Prover,
  proxyProof,
  workerProof,
} from "../../link/link.ts";

/**
 * The worker's part in how a link begins (see link/greeting.ts).
 *
 *   silent --hello--> challenged --proof--> proven
 *      '----------------'--anything else--> refused
 */
export class LinkGreeting {
  readonly #prover: Prover;
  readonly #streamsMax: number;
  readonly #nonce = randomBytes(16).toString("hex");
  #proxyNonce: string | undefined;

  constructor(prover: Prover, streamsMax: number) {
    this.#prover = prover;
    this.#streamsMax = streamsMax;
  }

  /** The reply to a hello. Undefined: it is none, or the second one. */
  replyTo(hello: string, now: number): string | undefined {
    const parsed = this.#proxyNonce === undefined ? parseProxyHello(hello) : undefined;
    if (parsed === undefined) return undefined;
    this.#proxyNonce = parsed.nonce;
    const proof = workerProof(this.#prover, parsed.nonce, this.#nonce);
    return JSON.stringify({ v: linkVersion, nonce: this.#nonce, streamsMax: this.#streamsMax, proof, now });
  }

  /** Whoever sent this proof knows the key. */
  proves(text: string): boolean {
    if (this.#proxyNonce === undefined) return false;
    const given = parseProxyProof(text)?.proof;
    const expected = proxyProof(this.#prover, this.#proxyNonce, this.#nonce);
    return given !== undefined && this.#prover.same(given, expected);
  }
}
