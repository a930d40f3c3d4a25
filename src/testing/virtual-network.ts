import type { Random } from "../runtime/random.ts";
import type { VirtualProcess, VirtualTime } from "./virtual-time.ts";

/** One end of a connection: who it belongs to, and what it is told. */
export interface End {
  node: string;
  process: VirtualProcess;
  message(text: string): void;
  /** The other side, or the network, ended it. Once; not called for an end that closed by itself. */
  closed(): void;
}

/** What an end can do. */
export interface Wire {
  send(text: string): void;
  close(): void;
}

/** What a server does with a caller: gives its own end, or undefined to refuse. */
export type Accept = (caller: Wire) => Omit<End, "node" | "process">;

interface Pair {
  ends: [End, End];
  open: boolean;
}

interface Server {
  process: VirtualProcess;
  accept: Accept;
}

/**
 * Connections between named nodes over virtual time. As with TCP: what is sent arrives in order; a cut link delays
 * everything until it is healed; a dead process' connections are closed by its kernel; a stopped one accepts and
 * takes, and says nothing.
 */
export class VirtualNetwork {
  readonly time: VirtualTime;
  readonly #random: Random;
  readonly #delayMsMax: number;
  readonly #servers = new Map<string, Server>();
  readonly #pairs = new Set<Pair>();
  readonly #cuts = new Set<string>();
  readonly #waiting = new Map<string, (() => void)[]>();
  /** Latest arrival by direction: nothing overtakes. */
  readonly #arrivals = new Map<string, number>();

  constructor(time: VirtualTime, random: Random, delayMsMax = 1) {
    this.time = time;
    this.#random = random;
    this.#delayMsMax = delayMsMax;
  }

  listen(node: string, process: VirtualProcess, accept: Accept): void {
    this.#servers.set(node, { process, accept });
  }

  /** The process of `node` is gone: its port refuses, its connections are closed. */
  vanish(node: string): void {
    this.#servers.delete(node);
    for (const pair of this.#pairs) {
      if (pair.ends.some((end) => end.node === node)) this.#close(pair, node);
    }
  }

  /** `refused` is called when nobody listens; `opened` when the other side has accepted. */
  connect(from: End, to: string, opened: (wire: Wire) => void, refused: () => void): void {
    this.carry(from.node, to, () => {
      const server = this.#servers.get(to);
      if (server === undefined) return this.carry(to, from.node, () => from.process.deliver(refused));
      server.process.deliver(() => this.#accepted(from, to, server, opened));
    });
  }

  /** The kernel's answer to a bare connect, which a stopped process gives too. */
  knock(from: string, to: string, answer: (listens: boolean) => void): void {
    this.carry(from, to, () => {
      const listens = this.#servers.has(to);
      this.carry(to, from, () => answer(listens));
    });
  }

  cut(one: string, other: string): void {
    this.#cuts.add(linkOf(one, other));
  }

  heal(one: string, other: string): void {
    if (!this.#cuts.delete(linkOf(one, other))) return;
    for (const direction of [directionOf(one, other), directionOf(other, one)]) {
      const waiting = this.#waiting.get(direction) ?? [];
      this.#waiting.delete(direction);
      for (const arrive of waiting) this.#arrive(direction, arrive);
    }
  }

  isCut(one: string, other: string): boolean {
    return this.#cuts.size > 0 && this.#cuts.has(linkOf(one, other));
  }

  /** Brings something from one node to another: after a delay, in order, after the link is healed. */
  carry(from: string, to: string, arrive: () => void): void {
    const direction = directionOf(from, to);
    if (!this.isCut(from, to)) return this.#arrive(direction, arrive);
    const waiting = this.#waiting.get(direction);
    if (waiting === undefined) this.#waiting.set(direction, [arrive]);
    else waiting.push(arrive);
  }

  #arrive(direction: string, arrive: () => void): void {
    const soonest = this.time.nowMs + 0.05 + this.#random() * this.#delayMsMax;
    const at = Math.max(soonest, this.#arrivals.get(direction) ?? 0);
    this.#arrivals.set(direction, at);
    this.time.at(at, arrive);
  }

  #accepted(from: End, to: string, server: Server, opened: (wire: Wire) => void): void {
    const pair: Pair = { ends: [from, { node: to, process: server.process, ...silentEnd }], open: true };
    pair.ends[1] = { node: to, process: server.process, ...server.accept(this.#wire(pair, 1)) };
    this.#pairs.add(pair);
    const wire = this.#wire(pair, 0);
    this.carry(to, from.node, () => from.process.deliver(() => opened(wire)));
  }

  #wire(pair: Pair, own: 0 | 1): Wire {
    return {
      send: (text) => {
        const [from, to] = own === 0 ? [pair.ends[0], pair.ends[1]] : [pair.ends[1], pair.ends[0]];
        if (!pair.open) return;
        this.carry(from.node, to.node, () => to.process.deliver(() => to.message(text)));
      },
      close: () => this.#close(pair, pair.ends[own].node),
    };
  }

  /** Tells the ends that are not at `by`. */
  #close(pair: Pair, by: string): void {
    if (!pair.open) return;
    pair.open = false;
    this.#pairs.delete(pair);
    for (const end of pair.ends) {
      if (end.node === by) continue;
      this.carry(by, end.node, () => end.process.deliver(() => end.closed()));
    }
  }
}

const silentEnd = { message: (): void => {}, closed: (): void => {} };

function linkOf(one: string, other: string): string {
  return one < other ? directionOf(one, other) : directionOf(other, one);
}

function directionOf(from: string, to: string): string {
  return `${from} > ${to}`;
}
