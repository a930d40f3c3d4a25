import { type FSWatcher, watch } from "node:fs";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { WebSocket } from "ws";
import type { Places } from "../runtime/places.ts";
import type { PeerNetwork } from "./network.ts";
import { peerFrameBytesMax, type PeerStream, type PeerStreamListener, type PeerTransport } from "./peers.ts";
import { streamOf } from "./web-socket-stream.ts";

const socketName = /^(controller-[a-z0-9-]+)\.sock$/;
const handshakeTimeoutMs = 1000;

/** Dials the controllers of this host over the unix sockets that lie in `places.run`. */
export class UnixPeerTransport implements PeerTransport {
  readonly #places: Places;
  #watcher: FSWatcher | undefined;

  constructor(places: Places) {
    this.#places = places;
  }

  async names(): Promise<readonly string[]> {
    const files = await readdir(this.#places.run);
    return files.flatMap((file) => socketName.exec(file)?.[1] ?? []);
  }

  isHere(): boolean {
    return true;
  }

  dial(name: string, listener: PeerStreamListener): PeerStream {
    const path = this.#places.controllerSocket(name);
    const socket = new WebSocket("ws://localhost/v1/peer", {
      createConnection: () => connect(path),
      handshakeTimeout: handshakeTimeoutMs,
      maxPayload: peerFrameBytesMax,
      perMessageDeflate: false,
    });
    return streamOf(socket, listener);
  }

  onChange(changed: () => void): void {
    try {
      this.#watcher = watch(this.#places.run, { persistent: false }, changed);
      // Without it the regular look finds the same a little later.
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch {
      this.#watcher = undefined;
    }
  }

  close(): void {
    this.#watcher?.close();
  }
}

/**
 * Hands the WebSocket of a `GET /v1/peer` to the network. Serve that path on the controller's own unix socket only:
 * whoever speaks here is believed. Set `maxPayload: peerFrameBytesMax` on the WebSocketServer.
 */
export function acceptPeer(network: PeerNetwork, socket: WebSocket): void {
  network.accept((listener) => streamOf(socket, listener));
}
