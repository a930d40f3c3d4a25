import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** Who is at the two ends of a connection. */
export interface SocketPeer {
  remote: AddressInfo;
  local: AddressInfo;
}

/** The proxy, as the service sees it; and itself, by the port at which it is called without a link. */
export function peerOf(link: Socket, server: Server): SocketPeer {
  const { remoteAddress = "", remotePort = 0, remoteFamily = "", localAddress = "", localFamily = "" } = link;
  const bound = server.address() as AddressInfo | null;
  return {
    remote: { address: remoteAddress, port: remotePort, family: remoteFamily },
    local: { address: localAddress, port: bound?.port ?? 0, family: localFamily },
  };
}
