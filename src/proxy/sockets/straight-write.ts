import { Socket } from "node:net";
import { getSystemErrorName } from "node:util";

/** What a socket's handle can do. Not part of Node's documented surface: see `StraightWrite`. */
interface Handle {
  /** 0: the kernel has taken all; below 0: an error; else the rest is under way. */
  writeLatin1String: (this: Handle, request: null | object, text: string) => number | RestOfWrite;
  writeBuffer(request: null, bytes: Uint8Array): number | RestOfWrite;
}

interface RestOfWrite {
  oncomplete(status: number): void;
}

interface SocketWithHandle {
  readonly _handle: Handle | null;
}

/**
 * How this Node writes to its own handles: without a request object (which it then makes only for what the kernel does not
 * take at once), or with one. Nothing tells, so it is watched doing it, once a process.
 */
export interface NodesWay {
  seen: "not yet" | "without request" | "with request";
}

const thisNodesWay: NodesWay = { seen: "not yet" };

/**
 * Writes straight to a socket's handle. A stream prepares for what may follow a write: it buffers, counts, and calls
 * back; but the kernel nearly always takes all at once, and then that was for nothing: a hundredth or two of what a
 * request costs. Node has no public way to do so, therefore this one file does it by a private
 * one, under three conditions, and says no where one of them does not hold; the caller then writes to the stream:
 * - a plain socket, whose handle is where it has always been (TLS and others have work of their own to do);
 * - a Node that does the same itself (26.10 does; 22 and 24 do not);
 * - nothing before it waits in the stream or in the kernel's queue.
 * What the kernel does not take at once goes on as any write does, in its order before later ones, also of the stream.
 */
export class StraightWrite {
  /** Bytes given to the handle that the kernel may not have taken yet. */
  pending = 0;
  readonly #socket: Socket;
  readonly #way: NodesWay;
  readonly #plain: boolean;
  readonly #refused: (error: NodeJS.ErrnoException) => void;

  /** `refused`: the kernel took nothing of a write, and will of no other. Unset: that ends the socket, read or not. */
  constructor(
    socket: Socket,
    refused?: (error: NodeJS.ErrnoException) => void,
    way: NodesWay = thisNodesWay,
  ) {
    this.#socket = socket;
    this.#refused = refused ?? ((error) => void socket.destroy(error));
    this.#way = way;
    this.#plain = Object.getPrototypeOf(socket) === Socket.prototype;
  }

  /** False: nothing was done, write to the stream. `pending` may be above 0 afterwards: `drain` follows. */
  text(text: string): boolean {
    const handle = this.#openWay();
    if (handle === undefined) return false;
    this.#after(handle.writeLatin1String(null, text), text.length);
    return true;
  }

  /** As `text`. The bytes must not be changed before `done`. */
  bytes(bytes: Uint8Array, done: () => void): boolean {
    const handle = this.#openWay();
    if (handle === undefined) return false;
    this.#after(handle.writeBuffer(null, bytes), bytes.length, done);
    return true;
  }

  #openWay(): Handle | undefined {
    const socket = this.#socket;
    const handle = this.#plain ? (socket as unknown as SocketWithHandle)._handle : null;
    if (handle === null || this.pending > 0 || socket.writableLength > 0) return undefined;
    if (this.#way.seen === "not yet") watch(handle, this.#way);
    return this.#way.seen === "without request" ? handle : undefined;
  }

  #after(result: number | RestOfWrite, bytes: number, done?: () => void): void {
    if (typeof result === "object") return this.#await(result, bytes, done);
    done?.();
    if (result < 0) this.#refused(systemError(result));
  }

  #await(rest: RestOfWrite, bytes: number, done?: () => void): void {
    this.pending = bytes;
    rest.oncomplete = (status) => {
      this.pending = 0;
      done?.();
      const socket = this.#socket;
      if (socket.destroyed) return;
      if (status < 0) socket.destroy(systemError(status));
      else if (!socket.writableNeedDrain) socket.emit("drain");
    };
  }
}

function watch(handle: Handle, way: NodesWay): void {
  const write = handle.writeLatin1String;
  handle.writeLatin1String = function (request, text) {
    way.seen = request === null ? "without request" : "with request";
    // The method of all handles shows again.
    delete (handle as Partial<Handle>).writeLatin1String;
    return write.call(this, request, text);
  };
}

function systemError(errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`write ${code}`), { code, errno, syscall: "write" });
}
