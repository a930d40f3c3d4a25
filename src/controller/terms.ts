import type { Election } from "../election/election.ts";
import type { PeerNetwork } from "../peers/network.ts";
import type { Registry } from "../registry/registry.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Store } from "../store/store.ts";
import type { SharedState } from "./shared-state.ts";

export interface TermsPorts {
  clock: Pick<Clock, "now">;
  store: Pick<Store, "read" | "resign">;
  election: Pick<Election, "lease" | "role">;
  peers: Pick<PeerNetwork, "announce" | "peers">;
  registry: Pick<Registry, "revision">;
  shared: Pick<SharedState, "failed" | "read" | "state">;
}

export const termNumbers = {
  /** A seat given up costs the cluster its leader for a moment: for proxies of other hosts that happens no more often. */
  elsewhereEveryMs: 30_000,
  /** No cluster comes so far above another one; who tells more lies, and would use up the numbers that there are. */
  elsewhereAheadMax: 1_000_000,
} as const;

/** The highest term that anybody knows. A leader that is not above it has no effect: it gives the seat up. */
export class Terms {
  readonly #ports: TermsPorts;
  #floor = 0;
  #heardElsewhereAt = Number.NEGATIVE_INFINITY;

  constructor(ports: TermsPorts) {
    this.#ports = ports;
  }

  /** That this controller knows of controllers and the store. */
  get known(): number {
    const { peers, election, shared } = this.#ports;
    const told = peers.peers.map((peer) => peer.term);
    return Math.max(shared.state?.leadership.term ?? 0, election.role.term, ...told);
  }

  /** With those that proxies have seen, and controllers that are gone: a new term goes above it. */
  get highest(): number {
    return Math.max(this.known, this.#floor);
  }

  /** Somebody knows this term. */
  saw(term: number): void {
    this.#floor = Math.max(this.#floor, term);
    this.#leadAbove(term - 1);
  }

  /**
   * A proxy has seen a table of this term and revision. Where the store was begun anew, ours may be older: then the
   * proxies would refuse our tables, so a leader gives the seat up, and whoever takes it leads above that term.
   */
  sawTable({ term, revision }: { term: number; revision: number }): void {
    const { election, registry, shared, store } = this.#ports;
    this.saw(term);
    if (election.lease?.term !== term || registry.revision >= revision) return;
    // A standby may have read what we wrote before we did: only what the store itself does not know is another's.
    store.read().then(
      (state) => {
        shared.read(state);
        if (registry.revision < revision) this.#leadAbove(term);
      },
      (error: unknown) => shared.failed(error),
    );
  }

  /** As `sawTable`, of a proxy of another host, which comes by a join token only. */
  sawTableElsewhere(seen: { term: number; revision: number }): void {
    const { clock, registry } = this.#ports;
    const { highest } = this;
    const isNews = seen.term > highest || (seen.term === highest && seen.revision > registry.revision);
    const now = clock.now();
    const tooSoon = now - this.#heardElsewhereAt < termNumbers.elsewhereEveryMs;
    if (!isNews || tooSoon || seen.term - highest > termNumbers.elsewhereAheadMax) return;
    this.#heardElsewhereAt = now;
    this.sawTable(seen);
  }

  /** Gives the seat up when it is of no higher term than this one. */
  #leadAbove(term: number): void {
    const { election, peers, shared, store } = this.#ports;
    const { lease } = election;
    if (lease === undefined || lease.term > term) return;
    peers.announce();
    store.resign(lease).catch((error: unknown) => shared.failed(error));
  }
}
