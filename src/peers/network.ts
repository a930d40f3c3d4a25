import { SkeinError } from "../protocol/error.ts";
import type { PeerAnswer, PeerFrame, PeerHome, PeerItem, PeerRequest } from "../protocol/peer.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import { askLimits, Asks, refusal } from "./asks.ts";
import { parsePeerFrame } from "./inbound.ts";
import { OutboundPeer } from "./outbound.ts";
import type {
  Peer,
  PeerChange,
  PeerPorts,
  PeerStream,
  PeerStreamListener,
  PeerTransport,
  ProvenPeer,
} from "./peers.ts";

/** Who we are: what our hello says. */
export interface PeerSelf {
  controller: string;
  name: string;
  url: string;
  home: PeerHome;
}

export interface PeerNetworkOptions {
  self: PeerSelf;
  clock: Clock;
  transport: PeerTransport;
  ports: PeerPorts;
}

export const peerTimes = {
  /** Longest time that an item waits for others to share a frame with. */
  batchMs: 20,
  aliveMs: 500,
  discoverMs: 500,
  /** Silence after which a peer counts as lost. */
  silenceMs: 1500,
  checkMs: 250,
  /** A check that is later than this is a pause of this process: then the peers' silence proves nothing. */
  pauseMs: 150,
};

/** A stream that another controller opened to us. */
interface Inbound {
  stream: PeerStream;
  /** Undefined until its hello. */
  peer: Peer | undefined;
  heardAt: number;
  /** Who it is, where that was proven before. */
  proven: ProvenPeer | undefined;
  /** Its questions that are being answered. */
  answering: number;
}

/**
 * What this controller says to every other, and hears from each. Every controller dials every other and speaks on
 * the stream that it dialled; a peer is up while its own stream to us lives. Nothing is passed on.
 */
export class PeerNetwork {
  readonly #options: PeerNetworkOptions;
  readonly #outbound = new Map<string, OutboundPeer>();
  readonly #inbound = new Set<Inbound>();
  readonly #asks: Asks;
  #timers: Timer[] = [];
  #flush: Timer | undefined;
  #checkedAt: number;
  #discovering = false;
  #closed = false;

  constructor(options: PeerNetworkOptions) {
    this.#options = options;
    this.#asks = new Asks(options.clock);
    this.#checkedAt = options.clock.now();
  }

  /** Begins to look for the others. Our own socket should be listening by now. */
  start(): void {
    const { clock, transport } = this.#options;
    this.#checkedAt = clock.now();
    this.#timers = [
      clock.every(peerTimes.discoverMs, () => this.#discover()),
      clock.every(peerTimes.aliveMs, () => this.announce()),
      clock.every(peerTimes.checkMs, () => clock.afterPendingInput(() => this.#checkSilence())),
    ];
    transport.onChange(() => this.#discover());
    this.#discover();
  }

  /** The peers whose streams live, in no order. */
  get peers(): readonly Peer[] {
    return [...this.#inbound].flatMap(({ peer }) => (peer === undefined ? [] : [peer]));
  }

  /** Says something with the next batch, to every peer or to those of this gateway. */
  broadcast(item: PeerItem, to: "all" | "this-gateway" = "all"): void {
    if (this.#outbound.size === 0) return;
    const text = JSON.stringify(item);
    for (const [name, peer] of this.#outbound) {
      if (to === "all" || this.#options.transport.isHere(name)) peer.add(text);
    }
    this.#flush ??= this.#options.clock.after(peerTimes.batchMs, () => {
      this.#flush = undefined;
      for (const peer of this.#outbound.values()) peer.flush();
    });
  }

  /** Tells term and role now, as after a change of the role. */
  announce(): void {
    for (const peer of this.#outbound.values()) {
      peer.flush();
      peer.alive();
    }
  }

  /** Passes an operator's change on to this peer. Rejects with SkeinError when no answer comes. */
  ask(peer: Peer, request: PeerRequest): Promise<PeerAnswer> {
    const outbound = this.#outbound.get(peer.name);
    if (outbound?.open !== true) {
      return Promise.reject(
        new SkeinError("noLeader", "The leader cannot be reached at this moment. Try again."),
      );
    }
    return this.#asks.ask(peer.controller, (n) => outbound.ask(n, request));
  }

  /**
   * Takes a stream that another controller opened. `open` is given the listener and returns the stream; it calls
   * the listener only after that.
   */
  accept(open: (listener: PeerStreamListener) => PeerStream, proven?: ProvenPeer): void {
    const inbound: Inbound = {
      stream: open({
        opened: () => {},
        message: (text) => this.#hear(inbound, text),
        closed: () => this.#lose(inbound, "closed"),
      }),
      peer: undefined,
      heardAt: this.#options.clock.now(),
      proven,
      answering: 0,
    };
    if (this.#closed) inbound.stream.close();
    else this.#inbound.add(inbound);
  }

  /** Leaves: the peers see our streams close. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#flush?.cancel();
    for (const peer of this.#outbound.values()) {
      peer.flush();
      peer.close();
    }
    this.#outbound.clear();
    for (const { stream } of this.#inbound) stream.close();
    this.#inbound.clear();
    this.#options.transport.close();
  }

  #discover(): void {
    if (this.#discovering || this.#closed) return;
    this.#discovering = true;
    this.#options.transport
      .names()
      .then(
        (names) => names.forEach((name) => this.#dial(name)),
        // Nothing to be found at this moment; the next look is near.
        () => {},
      )
      .finally(() => (this.#discovering = false));
  }

  #dial(name: string): void {
    const { self, transport, ports } = this.#options;
    if (this.#closed || name === self.name || this.#outbound.has(name)) return;
    const listener: PeerStreamListener = {
      opened: () =>
        outbound.opened({ t: "hello", v: 1, ...self, ...ports.leadership(), clock: ports.clock.now() }),
      // The listening side has nothing to say.
      message: () => {},
      closed: () => {
        if (this.#outbound.get(name) === outbound) this.#outbound.delete(name);
      },
    };
    const outbound = new OutboundPeer(transport.dial(name, listener), ports);
    this.#outbound.set(name, outbound);
  }

  #hear(inbound: Inbound, text: string): void {
    if (!this.#inbound.has(inbound)) return;
    inbound.heardAt = this.#options.clock.now();
    const frame = parsePeerFrame(text);
    if (frame === undefined || (frame.t === "hello") !== (inbound.peer === undefined)) {
      return this.#lose(inbound, "closed");
    }
    if (frame.t === "hello") return this.#greet(inbound, frame);
    if (inbound.peer !== undefined) this.#take(inbound, inbound.peer, frame);
  }

  #greet(inbound: Inbound, hello: Extract<PeerFrame, { t: "hello" }>): void {
    const { controller, name, url, term, leader, home } = hello;
    const isSelf = controller === this.#options.self.controller;
    if (isSelf || !isAsProven(hello, inbound.proven)) return this.#lose(inbound, "closed");
    this.#options.ports.clock.heard(hello.clock);
    // The same name again: it connected anew, or its process was replaced.
    for (const other of this.#inbound) {
      if (other !== inbound && other.peer?.name === name) this.#lose(other, "replaced");
    }
    inbound.peer = { controller, name, url, term, leader, home };
    this.#tell({ kind: "up", peer: inbound.peer });
    // It is there: our own stream to it need not wait for the next look.
    this.#dial(name);
  }

  #take(inbound: Inbound, peer: Peer, frame: Exclude<PeerFrame, { t: "hello" }>): void {
    const { ports } = this.#options;
    if (frame.t === "ask") return this.#answer(inbound, peer, frame);
    if (frame.t === "answer") return this.#asks.answered(peer.controller, frame.n, frame.answer);
    if (frame.t !== "snapshot") this.#noteLeadership(inbound, peer, frame);
    if (frame.t === "alive") return ports.clock.heard(frame.clock);
    if (frame.items.length > 0) ports.onItems(inbound.peer ?? peer, frame.items, frame.t);
    if (frame.t === "snapshot" && frame.last) ports.onSnapshot(inbound.peer ?? peer, frame.settled);
  }

  #answer(inbound: Inbound, peer: Peer, { n, request }: Extract<PeerFrame, { t: "ask" }>): void {
    const answer = (what: PeerAnswer): void => this.#outbound.get(peer.name)?.answer(n, what);
    if (inbound.answering >= askLimits.answeringMax) {
      return answer(refusal(429, "too-many-requests", "Too many changes at once. Try again."));
    }
    inbound.answering += 1;
    void this.#options.ports
      .onAsk(peer, request)
      .then(answer)
      .finally(() => (inbound.answering -= 1));
  }

  #noteLeadership(inbound: Inbound, peer: Peer, { term, leader }: { term: number; leader: boolean }): void {
    if (peer.term === term && peer.leader === leader) return;
    inbound.peer = { ...peer, term, leader };
    this.#tell({ kind: "changed", peer: inbound.peer });
  }

  #checkSilence(): void {
    const now = this.#options.clock.now();
    const lateMs = now - this.#checkedAt - peerTimes.checkMs;
    this.#checkedAt = now;
    for (const inbound of this.#inbound) {
      if (lateMs > peerTimes.pauseMs) inbound.heardAt += Math.min(lateMs, now - inbound.heardAt);
      if (now - inbound.heardAt > peerTimes.silenceMs) this.#lose(inbound, "silent");
    }
  }

  #lose(inbound: Inbound, cause: "closed" | "silent" | "replaced"): void {
    if (!this.#inbound.delete(inbound)) return;
    inbound.stream.close();
    if (inbound.peer === undefined) return;
    this.#asks.lost(inbound.peer.controller);
    this.#tell({ kind: "down", peer: inbound.peer, cause });
  }

  #tell(change: PeerChange): void {
    this.#options.ports.onPeer(change);
  }
}

function isAsProven(hello: Extract<PeerFrame, { t: "hello" }>, proven: ProvenPeer | undefined): boolean {
  if (proven === undefined) return true;
  const { controller, name, home } = hello;
  const sameHome = home?.gateway === proven.home.gateway && home.host === proven.home.host;
  return controller === proven.controller && name === proven.name && sameHome;
}
