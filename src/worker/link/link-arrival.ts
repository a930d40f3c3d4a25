import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { isLoopbackHost } from "../../core/registry/address.ts";
import type { LinkAddress } from "../../protocol/heartbeat.ts";
import { firstByteOfTls, unseal } from "../../runtime/seal.ts";

/** What a connection has turned out to carry. */
export interface ArrivalNews {
  /** Frames. Whether the other end knows the key is for the link's greeting to find out. */
  link(stream: Socket): void;
  /** HTTP/1.1, of somebody who knows the key. */
  http(stream: TLSSocket): void;
}

/**
 * Finds out what a connection to the port of links carries, by its first byte; it decides at once.
 *
 *   silent --TLS begins--> handshake --the key is known--> link or http
 *      |                       '--it is not--> closed
 *      |--anything else, in clear from this host--> link
 *      '--anything else--> closed
 *
 * The first byte, and not who sends it, decides between the two: what is dialled from elsewhere may come in through something
 * on this host. Where the proxy is on this host nobody else can read what it sends.
 */
export function receive(socket: Socket, { key, sealed }: LinkAddress, news: ArrivalNews): void {
  socket.unref();
  socket.on("error", () => undefined);
  socket.once("data", (chunk: Buffer) => {
    const inClear = chunk[0] !== firstByteOfTls;
    if (inClear && sealed === true && !isHere(socket)) {
      socket.destroy();
      return;
    }
    // Whoever takes the connection over reads it from its beginning.
    socket.pause();
    socket.unshift(chunk);
    if (inClear) {
      news.link(socket);
      socket.resume();
      return;
    }
    unseal(socket, key, (stream, protocol) => {
      if (protocol === "skein-link") news.link(stream);
      else news.http(stream);
    });
  });
}

/** The other end is a process of this host. */
function isHere({ remoteAddress = "" }: Socket): boolean {
  return isLoopbackHost(remoteAddress.replace(/^::ffff:/i, ""));
}
