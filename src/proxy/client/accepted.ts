import type { Socket } from "node:net";
import { type ReadCallback, readIntoBuffer } from "../sockets/read-buffer.ts";

/** A connection on which HTTP/1.1 is spoken from now on. */
export interface Accepted {
  /** The client's. */
  readonly address: string;
  /** Begins to read; gives the socket to write to. What goes through it is in clear, whatever lies below. */
  read(take: ReadCallback): Socket;
  /** The TCP connection below TLS; undefined: there is none below. */
  readonly transport: Socket | undefined;
  readonly protocol: "http" | "https";
  /** The host that the TLS handshake named; empty: none. */
  readonly serverName: string;
  /** Value of Strict-Transport-Security; empty: not sent. */
  readonly strictTransport: string;
  /** Every request is sent on to https at this port; 0: none is. */
  readonly redirectPort: number;
}

export function plainlyAccepted(socket: Socket, redirectPort = 0): Accepted {
  return {
    address: socket.remoteAddress ?? "",
    read(take) {
      readIntoBuffer(socket, take);
      return socket;
    },
    transport: undefined,
    protocol: "http",
    serverName: "",
    strictTransport: "",
    redirectPort,
  };
}
