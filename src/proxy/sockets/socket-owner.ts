import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { readIntoBuffer } from "./read-buffer.ts";

/** Who is told of all that happens on a socket. */
export interface SocketOwner {
  /** The bytes are valid during this call only. False: the socket has been paused. */
  received(buffer: Buffer, length: number): boolean;
  drained(): void;
  /** The other side has ended its half. */
  ended(): void;
  /** After an error, and at the end. */
  gone(): void;
}

const ownerOf = Symbol("owner");

interface OwnedSocket extends Socket {
  [ownerOf]?: SocketOwner | undefined;
}

/**
 * Begins to read; from now on the owner hears of everything. All sockets share their listeners, and at its end a
 * socket lets its owner go: each stream of Node has a function that V8 takes for a method (a literal assigned to a property)
 * and makes old from its birth, so that every socket, and all that hangs on it, stays until the whole heap is collected.
 * For connections that last some milliseconds that was half of what they allocate.
 */
export function own(socket: Socket, owner: SocketOwner): void {
  listen(socket, owner);
  readIntoBuffer(socket, onRead);
}

/** As `own`, for TLS, before anything was read. Each record comes by itself; after a pause, those that were read already. */
export function ownSecure(socket: TLSSocket, owner: SocketOwner): void {
  listen(socket, owner);
  // The library keeps errors to itself when no server of its own has begun the handshake.
  socket.on("_tlsError", (error: Error) => socket.destroy(error));
  readIntoBuffer(socket, onRead);
}

function listen(socket: OwnedSocket, owner: SocketOwner): void {
  socket[ownerOf] = owner;
  socket.on("drain", onDrain);
  socket.on("end", onEnd);
  socket.on("error", onError);
  socket.on("close", onClose);
}

function onRead(this: OwnedSocket, length: number, buffer: Buffer): boolean {
  return this[ownerOf]?.received(buffer, length) ?? true;
}

function onDrain(this: OwnedSocket): void {
  this[ownerOf]?.drained();
}

function onEnd(this: OwnedSocket): void {
  this[ownerOf]?.ended();
}

function onError(this: OwnedSocket): void {
  this[ownerOf]?.gone();
}

function onClose(this: OwnedSocket): void {
  const owner = this[ownerOf];
  this[ownerOf] = undefined;
  owner?.gone();
}
