import { Socket } from "node:net";

const bufferBytes = 65_536;

/**
 * Where sockets read into. On systems where a read and its callback are one step (libuv waits until the kernel
 * tells that data is there), all sockets of the process share one buffer; Windows fills buffers in advance, so there
 * each socket has its own. What is read is valid during the callback only.
 */
const sharedBuffer = Buffer.allocUnsafeSlow(bufferBytes);

export function readBuffer(): Buffer {
  return process.platform === "win32" ? Buffer.allocUnsafeSlow(bufferBytes) : sharedBuffer;
}

export type ReadCallback = (buffer: Buffer, length: number) => boolean;

interface SocketWithHandle {
  _handle: object | null;
}

/**
 * The same connection, read into a buffer that is used again for each read. Node offers that only for sockets that
 * connect, not for accepted ones, so the accepted socket's handle moves to a new socket. Without a handle where it
 * has always been, the socket is read as usual: slower, not wrong.
 *
 * `read` returns false when the socket has been paused.
 */
export function readIntoBuffer(accepted: Socket, read: ReadCallback): Socket {
  const buffer = readBuffer();
  const bare = accepted as unknown as SocketWithHandle;
  const handle = bare._handle;
  if (!handle) {
    accepted.on("data", (chunk: Buffer) => void read(chunk, chunk.length));
    return accepted;
  }
  bare._handle = null;
  const options = { handle, onread: { buffer, callback: (length: number) => read(buffer, length) } };
  const socket = new Socket(options as ConstructorParameters<typeof Socket>[0]);
  // The server counts its connections by the sockets that it made.
  socket.once("close", () => accepted.destroy());
  socket.resume();
  return socket;
}
