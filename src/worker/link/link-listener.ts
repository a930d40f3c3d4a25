import { randomBytes } from "node:crypto";
import { Server as HttpServer } from "node:http";
import type { Server as NetServer, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { FrameBuffers } from "../../link/link.ts";
import type { LinkAddress } from "../../protocol/heartbeat.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";
import { linkProver } from "../../runtime/link-prover.ts";
import type { SharedLoad } from "../shared-load.ts";
import { warn } from "../warnings.ts";
import { receive } from "./link-arrival.ts";
import { LinkGreeting } from "./link-greeting.ts";
import { listenNow } from "./listen-now.ts";
import { countConnection, type LinkFeed } from "./service-side.ts";
import { Unproven } from "./unproven.ts";
import { type LinkHost, linkLimits, WorkerLink } from "./worker-link.ts";

export const listenerLimits = {
  /** From the connection to the proof: on a way that loses packets a handshake takes long. */
  greetingMs: 5_000,
  /** Connections that have not proven anything, at a time. */
  unprovenMax: 256,
  /** More than any gateway has proxies. */
  linksMax: 1_024,
  trimMs: 5_000,
} as const;

export interface LinkWishes {
  /** 0: the system chooses. */
  port?: number;
  /** Proxies of other hosts come in clear as well. */
  inClear?: boolean;
}

/**
 * Where the proxies' links to one server come in, and from other hosts their HTTP/1.1 as well.
 *
 *   listening --drain--> draining --refuse--> refusing --close--> closed
 */
export class LinkListener implements LinkHost {
  readonly server: HttpServer;
  readonly feed: LinkFeed;
  readonly load: SharedLoad;
  readonly buffers = new FrameBuffers();
  readonly address: LinkAddress;
  readonly clock: Clock;
  readonly #listening: NetServer;
  /** Each with the connection that it came by. */
  readonly #links = new Map<WorkerLink, Socket>();
  readonly #unproven = new Unproven(listenerLimits.unprovenMax);
  readonly #trimming: Timer;
  #draining = false;
  #refusing = false;

  /**
   * Undefined: no links to this server, its requests come over HTTP/1.1. So it is for one that speaks TLS, for one
   * that listens on a unix socket. Where `port` is taken the system chooses another one, of which it warns.
   */
  static at(
    server: HttpServer,
    feed: LinkFeed,
    load: SharedLoad,
    clock: Clock,
    { port = 0, inClear = false }: LinkWishes = {},
  ): LinkListener | undefined {
    const bound = server.address();
    if (!(server instanceof HttpServer) || bound === null || typeof bound === "string") return undefined;
    // The same address: nobody reaches the links who does not reach the server.
    let found = listenNow(bound.address, port);
    if (found === undefined && port !== 0) {
      // Not none at all: what proxies of other hosts send to the server's own port is in clear.
      found = listenNow(bound.address, 0);
      const place = `${bound.address} port ${port}`;
      const instead = found === undefined ? "requests come over HTTP/1.1" : `they come to port ${found.port}`;
      warn("skein-link-port", `no requests at ${place}, it is taken or not allowed: ${instead}`);
    }
    return found === undefined ? undefined : new LinkListener(server, feed, load, clock, found, inClear);
  }

  private constructor(
    server: HttpServer,
    feed: LinkFeed,
    load: SharedLoad,
    clock: Clock,
    found: { server: NetServer; port: number },
    inClear: boolean,
  ) {
    this.server = server;
    this.feed = feed;
    this.load = load;
    this.clock = clock;
    this.#listening = found.server;
    this.#listening.on("connection", (socket) => this.#accept(socket));
    const key = randomBytes(32).toString("hex");
    this.address = { port: found.port, key, ...(inClear ? {} : { sealed: true }) };
    this.#trimming = clock.every(listenerLimits.trimMs, () => {
      for (const link of this.#links.keys()) link.trim(clock.now());
    });
  }

  get draining(): boolean {
    return this.#draining;
  }

  get refusing(): boolean {
    return this.#refusing;
  }

  #accept(socket: Socket): void {
    const closed = this.#refusing || this.#links.size >= listenerLimits.linksMax;
    if (closed || !this.#unproven.admit(socket)) {
      socket.destroy();
      return;
    }
    let link: WorkerLink | undefined;
    let isHttp = false;
    const deadline = this.clock.after(listenerLimits.greetingMs, () =>
      // What has come while this process was stopped is read first.
      this.clock.afterPendingInput(() => {
        if (!isHttp && link?.proven !== true) socket.destroy();
      }),
    );
    socket.once("close", () => {
      deadline.cancel();
      this.#unproven.delete(socket);
    });
    receive(socket, this.address, {
      link: (stream) => (link = this.#link(stream, socket)),
      http: (stream) => {
        isHttp = true;
        this.#unproven.delete(socket);
        this.#http(stream);
      },
    });
  }

  #link(stream: Socket, socket: Socket): WorkerLink {
    const greeting = new LinkGreeting(linkProver(this.address.key), linkLimits.streamsMax);
    const link = new WorkerLink(stream, greeting, this);
    this.#links.set(link, socket);
    return link;
  }

  /**
   * The server gets one connection more. It came encrypted from the proxy, which says nothing of the client's: the service
   * sees what it would see without.
   */
  #http(stream: TLSSocket): void {
    stream.ref();
    (stream as { encrypted: boolean }).encrypted = false;
    countConnection(this.server, stream);
    this.server.emit("connection", stream);
  }

  proven(link: WorkerLink): void {
    const socket = this.#links.get(link);
    if (socket !== undefined) this.#unproven.delete(socket);
  }

  closed(link: WorkerLink): void {
    this.#links.delete(link);
  }

  /** Asks the proxies for no more requests; those that come are answered all the same. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    for (const link of this.#links.keys()) link.drain();
  }

  /** Begins no request any more: each goes elsewhere. */
  refuse(): void {
    this.drain();
    this.#refusing = true;
  }

  /** Ends each link when its requests are answered. */
  close(): void {
    this.refuse();
    this.#trimming.cancel();
    this.#listening.close();
    for (const link of this.#links.keys()) link.end();
  }
}
