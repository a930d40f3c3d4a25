import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { type RawData, WebSocket } from "ws";
import { Newcomers } from "../core/admission/newcomers.ts";
import { channelLabel, type Stranger } from "../protocol/peer.ts";
import type { Presence } from "../protocol/presence.ts";
import type { Clock } from "../runtime/clock.ts";
import { holderOf } from "../runtime/holder-of.ts";
import { type Meeting, newNonce, parseHandshake, type PeerKeys, proofOf, proves } from "./handshake.ts";
import type { PeerNetwork } from "./network.ts";
import { peerFrameBytesMax, type PeerStream, type PeerStreamListener } from "./peers.ts";
import { streamOf, writerOf } from "./web-socket-stream.ts";

export const tcpPeerTimes = {
  /** From the dial to the last word of the handshake. */
  handshakeMs: 3_000,
  pingEveryMs: 1_000,
  /** A host that lost its power closes no connection: without any answer for so long it is given up. */
  silenceMs: 5_000,
  /** A timer later than this is a pause of this process. */
  pauseMs: 250,
};

/** Streams at once that have not proved yet who they are. Then whoever has the most of them gives way to others. */
export const strangersMax = 32;

export interface TcpPeersOptions {
  /** Our own instance, and the keys whose public half stands in our record. */
  controller: string;
  /** PEM: the authority of the cluster. Undefined: who is dialled over TLS must be known to the system's. */
  ca?: () => string | undefined;
  keys: PeerKeys;
  clock: Clock;
  /** The records of the controllers of other gateways. */
  others: () => readonly Presence[];
  /** What came of a dial, once for each; without a failure it was met. */
  dialled: (to: Presence, failure: string | undefined) => void;
}

/** Streams between controllers of different gateways, over TCP, each side proven to the other. */
export class TcpPeers {
  readonly #options: TcpPeersOptions;
  readonly #strangers = new Newcomers<WebSocket>();

  constructor(options: TcpPeersOptions) {
    this.#options = options;
  }

  /** Calls the listener only after it has returned. */
  dial(name: string, listener: PeerStreamListener): PeerStream {
    const presence = this.#options.others().find((one) => one.name === name);
    if (presence === undefined) {
      queueMicrotask(() => listener.closed());
      return { bufferedBytes: 0, send: () => {}, close: () => {} };
    }
    const { controller, clock, dialled } = this.#options;
    const url = new URL(`/v1/peer?from=${encodeURIComponent(controller)}`, presence.url);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, {
      handshakeTimeout: tcpPeerTimes.handshakeMs,
      maxPayload: peerFrameBytesMax,
      perMessageDeflate: false,
      ...authorityOf(this.#options.ca?.()),
    });
    let channel = "";
    socket.on("upgrade", (response) => (channel = channelOf(response.socket)));
    // The first: what follows from it says less.
    let failure: string | undefined;
    const giveUp = (reason: string): void => {
      failure ??= reason;
      socket.terminate();
    };
    const deadline = clock.after(tcpPeerTimes.handshakeMs, () =>
      giveUp(`no answer within ${tcpPeerTimes.handshakeMs} ms`),
    );
    let met = false;
    socket.on("error", (error) => (failure ??= wordsOf(error)));
    socket.on("close", () => {
      deadline.cancel();
      if (!met) dialled(presence, failure ?? "it ended the connection before both knew each other");
      listener.closed();
    });
    const proven = (): void => {
      deadline.cancel();
      met = true;
      dialled(presence, undefined);
      this.#watchSilence(socket);
      // The listening side has nothing more to say.
      socket.on("message", () => socket.terminate());
      listener.opened();
    };
    this.#prove(socket, presence, () => channel, { proven, giveUp });
    return writerOf(socket);
  }

  /** Takes the WebSocket of a `GET /v1/peer?from=INSTANCE` that came from anywhere. */
  accept(network: PeerNetwork, socket: WebSocket, { from, channel, address }: Stranger): void {
    const { clock, others, controller, keys } = this.#options;
    const presence = others().find((one) => one.controller === from);
    socket.on("error", () => {});
    if (presence === undefined || !this.#admit(socket, holderOf(address))) return socket.terminate();
    const deadline = clock.after(tcpPeerTimes.handshakeMs, () => socket.terminate());
    const over = (): void => {
      this.#strangers.delete(socket);
      deadline.cancel();
    };
    socket.on("close", over);
    const listenerNonce = newNonce();
    socket.once("message", (data) => {
      const frame = parseHandshake(textOf(data), "proof");
      const { nonce: diallerNonce = "", proof = "" } = frame ?? {};
      const meeting: Meeting = {
        dialler: from,
        listener: controller,
        listenerNonce,
        diallerNonce,
        channel,
      };
      if (!proves(proof, "dialler", meeting, presence.key)) return socket.terminate();
      over();
      socket.send(JSON.stringify({ t: "welcome", proof: proofOf("listener", meeting, keys.privateKey) }));
      const { name, gateway, host } = presence;
      const proven = { controller: from, name, home: { gateway, host } };
      network.accept((listener) => streamOf(socket, listener), proven);
    });
    socket.send(JSON.stringify({ t: "challenge", v: 1, nonce: listenerNonce }));
  }

  #admit(socket: WebSocket, holder: string): boolean {
    const strangers = this.#strangers;
    if (strangers.size >= strangersMax) {
      const oldest = strangers.inPlaceOf(holder);
      if (oldest === undefined) return false;
      strangers.delete(oldest);
      oldest.terminate();
    }
    strangers.add(holder, socket);
    return true;
  }

  #prove(socket: WebSocket, presence: Presence, channel: () => string, ends: Ends): void {
    const { controller, keys } = this.#options;
    socket.once("message", (data) => {
      const challenge = parseHandshake(textOf(data), "challenge");
      if (challenge === undefined) return ends.giveUp("what answers there is no controller of this version");
      const meeting: Meeting = {
        dialler: controller,
        listener: presence.controller,
        listenerNonce: challenge.nonce,
        diallerNonce: newNonce(),
        channel: channel(),
      };
      const proof = proofOf("dialler", meeting, keys.privateKey);
      socket.send(JSON.stringify({ t: "proof", nonce: meeting.diallerNonce, proof }));
      socket.once("message", (answer) => {
        const welcome = parseHandshake(textOf(answer), "welcome");
        const isHe = welcome !== undefined && proves(welcome.proof, "listener", meeting, presence.key);
        if (isHe) ends.proven();
        else ends.giveUp("who answers there is not the one that the store tells of");
      });
    });
  }

  #watchSilence(socket: WebSocket): void {
    const { clock } = this.#options;
    let heardAt = clock.now();
    let lookedAt = heardAt;
    socket.on("pong", () => (heardAt = clock.now()));
    const look = clock.every(tcpPeerTimes.pingEveryMs, () => {
      const now = clock.now();
      const lateMs = now - lookedAt - tcpPeerTimes.pingEveryMs;
      lookedAt = now;
      // We stood still ourselves: its answers may wait in the socket.
      if (lateMs > tcpPeerTimes.pauseMs) heardAt = now;
      if (now - heardAt > tcpPeerTimes.silenceMs) socket.terminate();
      else if (socket.readyState === WebSocket.OPEN) socket.ping();
    });
    socket.on("close", () => look.cancel());
  }
}

/** How a handshake ends. */
interface Ends {
  proven(): void;
  giveUp(reason: string): void;
}

/** Of several addresses, that all failed, Node tells the code alone. */
function wordsOf(error: NodeJS.ErrnoException): string {
  return error.message === "" ? (error.code ?? error.name) : error.message;
}

function authorityOf(ca: string | undefined): { ca?: string } {
  return ca === undefined ? {} : { ca };
}

/** As the other end of the TLS connection names it; empty: there is no TLS. */
function channelOf(socket: Socket): string {
  if (!(socket instanceof TLSSocket)) return "";
  return socket.exportKeyingMaterial(32, channelLabel, Buffer.alloc(0)).toString("hex");
}

/** Empty: not what a handshake consists of. */
function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString("utf8") : "";
}
