/**
 *   head --blank line--> body --its bytes--> whole (and head again)
 *
 * Takes the pieces of answers as they come and says when one is whole. It knows only what the service of this suite
 * and any proxy in front of it may say: a status 200 and a Content-Length. Everything else throws.
 */
export class AnswerCounter {
  readonly #bytesWanted: number;
  #head = "";
  /** Bytes of the body still to come; negative: the head is not complete. */
  #left = -1;
  /** May the connection carry another request? Of the answer that became whole last. */
  keepAlive = true;

  constructor(bytesWanted: number) {
    this.#bytesWanted = bytesWanted;
  }

  /** True when this piece ended the answer. There is never more than one: requests are not pipelined. */
  push(piece: Buffer): boolean {
    let at = 0;
    if (this.#left < 0) {
      this.#head += piece.toString("latin1");
      const end = this.#head.indexOf("\r\n\r\n");
      if (end === -1) return false;
      at = piece.length - (this.#head.length - end - 4);
      this.#left = this.#readHead(this.#head.slice(0, end + 2));
      this.#head = "";
    }
    this.#left -= piece.length - at;
    if (this.#left > 0) return false;
    if (this.#left < 0) throw new Error(`${-this.#left} bytes after the answer`);
    this.#left = -1;
    return true;
  }

  #readHead(head: string): number {
    if (!head.startsWith("HTTP/1.1 200 "))
      throw new Error(`answered ${JSON.stringify(head.split("\r\n", 1)[0])}`);
    const length = /\r\ncontent-length: *(\d+) *\r\n/i.exec(head)?.[1];
    if (length === undefined) throw new Error("an answer has no Content-Length");
    if (Number(length) !== this.#bytesWanted)
      throw new Error(`an answer has ${length} bytes, not ${this.#bytesWanted}`);
    this.keepAlive = !/\r\nconnection: *close *\r\n/i.test(head);
    return Number(length);
  }
}
