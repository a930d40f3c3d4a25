import { randomBytes } from "node:crypto";
import { linkVersion, parseWorkerHello, proxyProof, workerProof } from "../../link/link.ts";
import { linkProver } from "../../runtime/link-prover.ts";

/** What a worker whose proof is right has said, and what is said to it in return. */
export interface Greeted {
  proof: string;
  streamsMax: number;
  /** It read the clock between our hello and its reply, and had the time that we had. */
  hasOurClock: boolean;
}

/** The proxy's part of a link's greeting (see link/greeting.ts): the worker proves first that it has the key. */
export class LinkGreeting {
  readonly #key: string;
  readonly #nonce = randomBytes(16).toString("hex");
  #saidAt = Infinity;

  constructor(key: string) {
    this.#key = key;
  }

  hello(proxy: string, now: number): string {
    this.#saidAt = now;
    return JSON.stringify({ v: linkVersion, proxy, nonce: this.#nonce });
  }

  /** Undefined: it is nobody whom we know. */
  reply(text: string, now: number): Greeted | undefined {
    const hello = parseWorkerHello(text);
    if (hello === undefined) return undefined;
    const prover = linkProver(this.#key);
    if (!prover.same(hello.proof, workerProof(prover, this.#nonce, hello.nonce))) return undefined;
    const proof = JSON.stringify({ proof: proxyProof(prover, this.#nonce, hello.nonce) });
    const hasOurClock = hello.now !== undefined && hello.now >= this.#saidAt && hello.now <= now;
    return { proof, streamsMax: hello.streamsMax, hasOurClock };
  }
}
