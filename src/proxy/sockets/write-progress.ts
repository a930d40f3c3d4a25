import type { Socket } from "node:net";

/** The counts that libuv keeps; not part of Node's documented surface, so every use has a fallback. */
interface CountingHandle {
  bytesWritten?: number;
  writeQueueSize?: number;
  /** Of TLS: the connection below. Its own counts stand still until a whole write has gone through. */
  _parent?: CountingHandle;
}

/** Whether the peer has taken any byte since the last look. */
export class WriteProgress {
  readonly #socket: Socket;
  #taken = -1;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  made(): boolean {
    const taken = this.#count();
    const made = taken !== this.#taken;
    this.#taken = taken;
    return made;
  }

  #count(): number {
    const handle = (this.#socket as { _handle?: CountingHandle | null })._handle;
    const below = handle?._parent;
    if (below?.bytesWritten !== undefined) return below.bytesWritten - (below.writeQueueSize ?? 0);
    return this.#socket.bytesWritten - this.#socket.writableLength - (handle?.writeQueueSize ?? 0);
  }
}
