import type { Socket } from "node:net";

/** An alert, a change of keys: what a client has to say besides its content is less than this from one look to the next. */
const otherBytesMax = 4_096;
/** Content that comes byte by byte is so many times as long with its records' framing. */
const framingMax = 32;
/** A record is content only when its last byte is there: all of one but that may have come, and nothing to show for it. */
export const recordMax = 16_640;

/**
 * What comes over TLS and is no content. The library deals with a change of keys by itself (RFC 8446, 4.6.3): it costs us
 * ten microseconds and an answer, the client 27 bytes, and nothing limits their number.
 */
export class EmptyRecords {
  readonly #transport: Socket;
  readonly #secure: Socket;
  #read: number;
  #content: number;
  /** So many bytes came for which no content did, beyond what may be at each look; content that follows pays for them. */
  #owed = 0;

  constructor(transport: Socket, secure: Socket) {
    this.#transport = transport;
    this.#secure = secure;
    this.#read = transport.bytesRead;
    this.#content = secure.bytesRead;
  }

  /** More of them came up to this look than any honest client sends. */
  areTooMany(): boolean {
    const read = this.#transport.bytesRead - this.#read;
    const content = this.#secure.bytesRead - this.#content;
    this.#read += read;
    this.#content += content;
    this.#owed = Math.max(0, this.#owed + read - framingMax * content - otherBytesMax);
    return this.#owed > recordMax;
  }
}
