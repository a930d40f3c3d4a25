import { WebSocket } from "ws";
import type { PeerStream, PeerStreamListener } from "./peers.ts";

/** A WebSocket as a stream of a peer, open already or not yet. */
export function streamOf(socket: WebSocket, listener: PeerStreamListener): PeerStream {
  socket.on("open", () => listener.opened());
  socket.on("message", (data, isBinary) => {
    if (isBinary || !Buffer.isBuffer(data)) socket.terminate();
    else listener.message(data.toString("utf8"));
  });
  // Every error is followed by `close`.
  socket.on("error", () => {});
  socket.on("close", () => listener.closed());
  return writerOf(socket);
}

/** What its other side is told. */
export function writerOf(socket: WebSocket): PeerStream {
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    // Not a polite closing handshake: the other side may be stopped and never answer.
    close: () => socket.terminate(),
  };
}
