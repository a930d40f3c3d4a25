import type { Socket } from "node:net";
import { own, type SocketOwner } from "../sockets/socket-owner.ts";

/** A connection on which HTTP/1.1 is spoken from now on. */
export interface Accepted {
  /** The client's. */
  readonly address: string;
  /** To write to. What goes through it is in clear, whatever lies below. */
  readonly socket: Socket;
  /** Begins to read. */
  readonly own: (socket: Socket, owner: SocketOwner) => void;
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
    socket,
    own,
    transport: undefined,
    protocol: "http",
    serverName: "",
    strictTransport: "",
    redirectPort,
  };
}
