import type { Clock } from "../runtime/clock.ts";
import type { PeerNetwork } from "./network.ts";
import type { PeerStream, PeerStreamListener, PeerTransport } from "./peers.ts";

/** How a message or a close reaches a controller: with which delay, or never. */
export interface MemoryLinks {
  /** Calls `arrive` at `to` in its own time, in the order of the calls for each pair. */
  carry(from: string, to: string, arrive: () => void): void;
  /** False: a dial from one to the other does not get through. */
  reachable(from: string, to: string): boolean;
}

/** At once, but never within the call: for tests without delays. */
export const immediateLinks: MemoryLinks = {
  carry: (_from, _to, arrive) => queueMicrotask(arrive),
  reachable: () => true,
};

/** The twin of the unix sockets: the controllers of one process, joined without any socket. */
export class MemoryPeerHub {
  readonly #links: MemoryLinks;
  readonly #listening = new Map<string, PeerNetwork>();
  readonly #pipes = new Set<Pipe>();
  readonly #watchers = new Set<() => void>();

  constructor(links: MemoryLinks = immediateLinks) {
    this.#links = links;
  }

  /** The view of controller `name`. */
  transport(name: string): PeerTransport {
    const watched = new Set<() => void>();
    return {
      names: async () => [...this.#listening.keys()],
      isHere: () => true,
      dial: (to, listener) => this.#dial(name, to, listener),
      onChange: (changed) => {
        watched.add(changed);
        this.#watchers.add(changed);
      },
      close: () => {
        for (const changed of watched) this.#watchers.delete(changed);
      },
    };
  }

  /** The controller's socket appears. */
  listen(name: string, network: PeerNetwork): void {
    this.#listening.set(name, network);
    for (const changed of this.#watchers) changed();
  }

  /** The controller's process is gone: its socket refuses, and the kernel closes its streams. */
  vanish(name: string): void {
    this.#listening.delete(name);
    for (const pipe of this.#pipes) if (pipe.from === name || pipe.to === name) this.#break(pipe);
  }

  #dial(from: string, to: string, listener: PeerStreamListener): PeerStream {
    const network = this.#listening.get(to);
    const pipe: Pipe = { from, to, open: true, speaker: listener, receiver: undefined };
    if (network === undefined || !this.#links.reachable(from, to)) {
      pipe.open = false;
      this.#links.carry(from, from, () => listener.closed());
    } else {
      this.#pipes.add(pipe);
      this.#links.carry(from, to, () => this.#connect(pipe, network));
    }
    return {
      bufferedBytes: 0,
      send: (text) => {
        // What was sent before a close still arrives, as with sockets.
        if (pipe.open) this.#links.carry(from, to, () => pipe.receiver?.message(text));
      },
      close: () => this.#break(pipe),
    };
  }

  #connect(pipe: Pipe, network: PeerNetwork): void {
    if (!pipe.open) return;
    network.accept((receiver) => {
      pipe.receiver = receiver;
      return { bufferedBytes: 0, send: () => {}, close: () => this.#break(pipe) };
    });
    this.#links.carry(pipe.to, pipe.from, () => pipe.open && pipe.speaker.opened());
  }

  #break(pipe: Pipe): void {
    if (!pipe.open) return;
    pipe.open = false;
    this.#pipes.delete(pipe);
    this.#links.carry(pipe.to, pipe.from, () => pipe.speaker.closed());
    this.#links.carry(pipe.from, pipe.to, () => pipe.receiver?.closed());
  }
}

interface Pipe {
  from: string;
  to: string;
  open: boolean;
  speaker: PeerStreamListener;
  receiver: PeerStreamListener | undefined;
}

/** Links with one fixed delay. */
export function delayedLinks(clock: Clock, delayMs: number): MemoryLinks {
  return {
    carry: (_from, _to, arrive) => void clock.after(delayMs, arrive),
    reachable: () => true,
  };
}
