import type { Socket } from "node:net";

/** The counts that libuv keeps; not part of Node's documented surface, so every use has a fallback. */
interface CountingHandle {
  writeQueueSize?: number;
}

/** Whether the peer has taken any byte since the last look. */
export class WriteProgress {
  readonly #socket: Socket;
  #taken = -1;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  made(): boolean {
    const handle = (this.#socket as { _handle?: CountingHandle | null })._handle;
    const queued = handle?.writeQueueSize ?? 0;
    const taken = this.#socket.bytesWritten - this.#socket.writableLength - queued;
    const made = taken !== this.#taken;
    this.#taken = taken;
    return made;
  }
}
