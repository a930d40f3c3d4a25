import { KeptBytes } from "../sockets/kept-bytes.ts";

/**
 * What the client has sent of a request's body, for as long as it may have to be sent (again).
 *
 *   holding --> full (no more fits: what comes must wait, or the hold ends) --> gone
 */
export class HeldBody {
  /** More has come than may be held. */
  full = false;
  /** Something is not here any more: the body cannot be sent from its beginning. */
  gone = false;
  readonly #bytes = new KeptBytes();

  /** Whoever reads them has copied them before anything else is done here. */
  get chunks(): readonly Buffer[] {
    return this.#bytes.chunks;
  }

  begin(): void {
    this.#bytes.clear();
    this.full = false;
    this.gone = false;
  }

  /** False: it is full now (what came is still held). The bytes are copied. */
  add(bytes: Buffer, from: number, to: number, bytesMax: number): boolean {
    this.#bytes.add(bytes, from, to);
    this.full = this.#bytes.length > bytesMax;
    return !this.full;
  }

  /** It will not be needed again, nor what is still to come. */
  drop(): void {
    this.gone = true;
    this.#bytes.clear();
  }
}
