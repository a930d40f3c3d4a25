/**
 * What the client has sent of a request's body, for as long as it may have to be sent (again).
 *
 *   holding --> full (no more fits: what comes must wait, or the hold ends) --> gone
 */
export class HeldBody {
  chunks: Buffer[] = [];
  /** More has come than may be held. */
  full = false;
  /** Something is not here any more: the body cannot be sent from its beginning. */
  gone = false;
  #bytes = 0;

  begin(): void {
    if (this.#bytes > 0) this.chunks = [];
    this.#bytes = 0;
    this.full = false;
    this.gone = false;
  }

  /** False: it is full now (the chunk is still held). The bytes must not be changed by anyone later. */
  add(bytes: Buffer, bytesMax: number): boolean {
    this.chunks.push(bytes);
    this.#bytes += bytes.length;
    this.full = this.#bytes > bytesMax;
    return !this.full;
  }

  /** It will not be needed again, nor what is still to come. */
  drop(): void {
    this.gone = true;
    if (this.#bytes === 0) return;
    this.chunks = [];
    this.#bytes = 0;
  }
}
