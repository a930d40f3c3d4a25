import type { PeerAnswer, PeerHome, PeerItem, PeerRequest } from "../protocol/peer.ts";

/** Another controller, as its own stream to us tells. */
export interface Peer {
  /** Its instance: one life of its process. */
  controller: string;
  /** `controller-2`, in a cluster of several gateways `GATEWAY/controller-2`: the same for each life. */
  name: string;
  /** Undefined: an older version, which is of this gateway. */
  home: PeerHome | undefined;
  /** Its own address of the control API. */
  url: string;
  /** The highest term that it knows. */
  term: number;
  leader: boolean;
}

export type PeerChange =
  | { kind: "up"; peer: Peer }
  | { kind: "down"; peer: Peer; cause: "closed" | "silent" | "replaced" }
  /** Its term changed, or whether it leads. */
  | { kind: "changed"; peer: Peer };

/** What the composition root gives, and is told. */
export interface PeerPorts {
  leadership: () => { term: number; leader: boolean };
  /** The cluster's clock: our reading for the others, and theirs for us. */
  clock: { now(): number; heard(reading: unknown): void };
  /** Everything this controller knows at first hand, for a peer that is new or fell behind. */
  snapshot: () => { items: PeerItem[]; settled: boolean };
  /** `of`: what they are part of. The parts of one snapshot follow each other. */
  onItems: (from: Peer, items: PeerItem[], of: "news" | "snapshot") => void;
  /** A snapshot of this peer has arrived to its end; its items came by `onItems` before. */
  onSnapshot: (from: Peer, settled: boolean) => void;
  onPeer: (change: PeerChange) => void;
  /** A peer passes an operator's change on to us. Never rejects. */
  onAsk: (from: Peer, request: PeerRequest) => Promise<PeerAnswer>;
}

/** One direction of a connection: the dialling side speaks, the other listens. */
export interface PeerStream {
  send(text: string): void;
  /** Handed to `send`, and not taken by the receiver's kernel yet. */
  readonly bufferedBytes: number;
  close(): void;
}

export interface PeerStreamListener {
  opened(): void;
  message(text: string): void;
  /** Once; nothing follows. */
  closed(): void;
}

/** Who has opened a stream to us, where that was proven before: its hello must tell the same. */
export interface ProvenPeer {
  controller: string;
  name: string;
  home: PeerHome;
}

/** How streams come about: unix sockets within a gateway, TCP between several, or memory. */
export interface PeerTransport {
  /** Names of the controllers that can be dialled at this moment, possibly with our own. */
  names(): Promise<readonly string[]>;
  /** Of this gateway: told everything; others are told what is of use to them. */
  isHere(name: string): boolean;
  /** Calls the listener only after it has returned. */
  dial(name: string, listener: PeerStreamListener): PeerStream;
  /** Calls back when the names may have changed; a hint, no promise. */
  onChange(changed: () => void): void;
  close(): void;
}

/** A frame is never larger: a receiver may refuse what is. */
export const peerFrameBytesMax = 1024 * 1024;
