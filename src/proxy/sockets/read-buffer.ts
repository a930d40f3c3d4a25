import { Socket } from "node:net";

/**
 * Fewer calls, until what is passed through does not stay in the processor's cache: an answer of 1 MiB costs a third less CPU time than
 * with 64 KiB, and with 152 a quarter more again (`npm run bench -- --cases answer-1m` with one and the other).
 */
const bufferBytes = 120 * 1024;
/** What comes from clients may have to wait for a link's credit, which is made for reads of this size. */
const acceptedBytesMax = 64 * 1024;

/**
 * Where sockets read into. On systems where a read and its callback are one step (libuv waits until the kernel
 * tells that data is there), all sockets of the process share one buffer; Windows fills buffers in advance, so there
 * each socket has its own. What is read is valid during the callback only.
 */
const sharedBuffer = Buffer.allocUnsafeSlow(bufferBytes);

export function readBuffer(): Buffer {
  return process.platform === "win32" ? Buffer.allocUnsafeSlow(bufferBytes) : sharedBuffer;
}

/** Called with the socket as `this`. False: the socket has been paused. */
export type ReadCallback = (this: Socket, length: number, buffer: Buffer) => boolean;

/** What a socket has that reads into a buffer of ours. Not part of Node's documented surface: see `readIntoBuffer`. */
interface ReadingSocket {
  _handle: { useUserBuffer?: (this: object, buffer: Buffer) => void } | null;
  [property: symbol]: unknown;
}

/** Where Node keeps the two parts of the option `onread`; found by looking at a socket made with it. */
const places = placesOfOnread();

function placesOfOnread(): { buffer: symbol; callback: symbol } | undefined {
  const onread = { buffer: new Uint8Array(1), callback: (): boolean => true };
  const probe = new Socket({ onread }) as unknown as ReadingSocket;
  const placeOf = (value: unknown): symbol | undefined =>
    Object.getOwnPropertySymbols(probe).find((property) => probe[property] === value);
  const [buffer, callback] = [placeOf(onread.buffer), placeOf(onread.callback)];
  return buffer === undefined || callback === undefined ? undefined : { buffer, callback };
}

/**
 * Reads an accepted socket into a buffer that is used again for each read. Node offers that only for sockets that connect
 * (`onread`), not for accepted ones; so the accepted one is given what Node gives to those. Where that is not to be
 * found, the socket is read as usual: slower, not wrong.
 */
export function readIntoBuffer(accepted: Socket, read: ReadCallback): void {
  const socket = accepted as unknown as ReadingSocket;
  const handle = socket._handle;
  if (places === undefined || typeof handle?.useUserBuffer !== "function") {
    accepted.on("data", (chunk: Buffer) => void read.call(accepted, chunk.length, chunk));
    return;
  }
  const buffer = readBuffer().subarray(0, acceptedBytesMax);
  socket[places.buffer] = buffer;
  socket[places.callback] = read;
  // It reads already, as every accepted socket does.
  handle.useUserBuffer(buffer);
}
