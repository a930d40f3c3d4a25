import net from "node:net";

/** A TCP socket that is bound and neither listens nor accepts: that is left to whom the descriptor is given. */
export interface Bound {
  fd: number;
  host: string;
  /** The real one, also where port 0 was asked for. */
  port: number;
  close(): void;
}

/** `host` is a numeric address. Throws errors with the system's `code` (EADDRINUSE, EACCES, ...). */
export async function bindSocket(host: string, port: number): Promise<Bound> {
  if (!("BoundSocket" in net))
    return (await import("./bound-socket-node-22.ts")).bindSocketOnNode22(host, port);
  const socket = new net.BoundSocket({ host, port });
  const address = socket.address();
  const bound: Bound = {
    fd: socket.fd(),
    host: address.address,
    port: address.port,
    close: () => {
      held.delete(socket);
      socket.close();
    },
  };
  held.add(socket);
  return bound;
}

/** The descriptor belongs to the object: it must not be collected while the number is in use. */
const held = new Set<net.BoundSocket>();
