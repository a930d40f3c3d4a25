/** First byte of a whole binary message. */
const wholeBinary = 0x82;
/** Above it the length of a WebSocket message stands in further bytes. */
export const messageBytesMax = 125;
const maskBit = 0x80;

/** A client's message. Its mask is zero, which changes nothing and is as good as any for a measurement. */
export function messageOf(bytes: number): Buffer {
  if (bytes > messageBytesMax) throw new Error(`a message of ${bytes} bytes is more than ${messageBytesMax}`);
  return Buffer.concat([Buffer.of(wholeBinary, maskBit | bytes, 0, 0, 0, 0), Buffer.alloc(bytes, "echo")]);
}

/**
 *   opening --101--> open: counts the bytes of messages that come back
 *
 * Takes the pieces of the opening answer and of the echoes after it, and says when an echo is whole.
 */
export class EchoCounter {
  readonly keepAlive = true;
  readonly #bytes: number;
  #opening: string | undefined = "";
  #have = 0;

  constructor(messageBytes: number) {
    // The server's frames have no mask.
    this.#bytes = 2 + messageBytes;
  }

  /** True when this piece ended an echo, or the opening. Messages are sent one after the other. */
  push(piece: Buffer): boolean {
    if (this.#opening !== undefined) return this.#open(piece);
    if (this.#have === 0 && piece[0] !== wholeBinary) throw new Error(`an echo begins with byte ${piece[0]}`);
    this.#have += piece.length;
    if (this.#have > this.#bytes) throw new Error(`${this.#have - this.#bytes} bytes after the echo`);
    if (this.#have < this.#bytes) return false;
    this.#have = 0;
    return true;
  }

  #open(piece: Buffer): boolean {
    this.#opening += piece.toString("latin1");
    if (!this.#opening?.includes("\r\n\r\n")) return false;
    if (!this.#opening.startsWith("HTTP/1.1 101 "))
      throw new Error(`answered ${JSON.stringify(this.#opening.split("\r\n", 1)[0])} to an upgrade`);
    this.#opening = undefined;
    return true;
  }
}
