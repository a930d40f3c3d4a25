import type {
  ClusterObserver,
  Outcome,
  TakenWrite,
  VirtualController,
  VirtualCluster,
  VirtualProxy,
} from "../../src/testing/index.ts";

/** A worker counts as joined for good when it has run so long. */
const joinedAfterMs = 2_500;
/** What a proxy knows may be behind by a message's way. */
const wayMs = 3;
const violationsMax = 6;

/**
 * Watches a cluster and notes whatever must never be:
 * - two controllers that lead at the same time, or a term with two writers, or a write of a term that is over;
 * - a calm worker (healthy, and no fault near it) that a proxy does not choose from, whatever happens to controllers;
 * - a request without an answer while there is a calm worker;
 * - a request picked for a worker by a proxy whose controller has said that no proxy of its does so any more;
 * - an error that the product reports as its own.
 */
export class Invariants implements ClusterObserver {
  readonly violations: string[] = [];
  /** Until when a worker is not calm; a fault without an end yet: Infinity. */
  readonly disturbedUntilMs = new Map<string, number>();
  readonly #cluster: VirtualCluster;
  readonly #writers = new Map<number, string>();
  /** What each proxy has once chosen from. */
  readonly #had = new Map<VirtualProxy, Set<string>>();
  #term = 0;
  requests = 0;

  constructor(cluster: VirtualCluster) {
    this.#cluster = cluster;
    cluster.observe(this);
  }

  /** To be called often, between other things. */
  look(): void {
    const { controllers, failures, proxies } = this.#cluster;
    const leaders = this.#cluster.leaders();
    if (leaders.length > 1) this.#note(`two lead: ${leaders.map(({ name }) => name).join(", ")}`);
    for (const failure of failures.splice(0)) this.#note(`error in the product: ${textOf(failure)}`);
    const calm = this.calmWorkers();
    for (const proxy of proxies) {
      if (proxy.process.state !== "running" || proxy.term === 0) continue;
      const choosable = new Set(proxy.choosable);
      const had = this.#had.get(proxy) ?? new Set();
      this.#had.set(proxy, had);
      for (const id of choosable) had.add(id);
      for (const id of calm) {
        if (choosable.has(id) || !had.has(id)) continue;
        const tables = [...controllers.values()].map((one) => `${one.name}: ${stateIn(one, id)}`).join("; ");
        this.#note(`${proxy.name} lost the calm worker ${id}: ${proxy.describe(id)}; ${tables}`);
      }
    }
  }

  calmWorkers(): string[] {
    const now = this.#cluster.time.nowMs;
    return [...this.#cluster.workers.values()]
      .filter((worker) => worker.running && now - worker.startedAtMs >= joinedAfterMs)
      .map((worker) => worker.id)
      .filter((id) => (this.disturbedUntilMs.get(id) ?? 0) <= now)
      .filter((id) => !this.#isHeldDown(id));
  }

  wrote({ lease }: TakenWrite): void {
    const writer = this.#writers.get(lease.term) ?? lease.holder;
    this.#writers.set(lease.term, writer);
    if (writer !== lease.holder)
      this.#note(`term ${lease.term} was written by ${writer} and ${lease.holder}`);
    if (lease.term < this.#term)
      this.#note(`${lease.holder} wrote in term ${lease.term} after ${this.#term}`);
    this.#term = Math.max(this.#term, lease.term);
  }

  picked(proxy: VirtualProxy, id: string): void {
    this.requests += 1;
    const { controllers, workers, network, time } = this.#cluster;
    const { attached } = proxy;
    if (attached === undefined || network.isCut(attached.controller, proxy.name)) return;
    // Just woken: what it should know waits unread.
    if (time.nowMs - proxy.process.runsSinceMs <= wayMs) return;
    const saidAtMs = workers.get(id)?.drainedAtMs.get(attached.controller);
    const controller = controllers.get(attached.controller);
    if (saidAtMs === undefined || controller?.running !== true) return;
    if (controller.process.runsSinceMs > saidAtMs) return;
    if (attached.sinceMs < saidAtMs && saidAtMs + wayMs < time.nowMs) {
      this.#note(`${proxy.name} picked ${id} ${time.nowMs - saidAtMs} ms after its drain was acknowledged`);
    }
  }

  ended(proxy: VirtualProxy, { worker, tried }: Outcome): void {
    if (worker !== undefined) return;
    const calm = this.calmWorkers().filter((id) => this.#had.get(proxy)?.has(id));
    if (calm.length === 0) return;
    this.#note(
      `${proxy.name} found nobody (tried ${tried.join() || "none"}), though ${calm.join()} were calm: ` +
        calm.map((id) => proxy.describe(id)).join("; "),
    );
  }

  /** `afterMs` after the last fault: every healthy worker is live in every settled table. */
  tablesAreWhole(afterMs: number): void {
    const { controllers, workers } = this.#cluster;
    for (const one of controllers.values()) {
      if (!one.controller.registry.settled) continue;
      for (const id of workers.keys()) {
        const state = stateIn(one, id);
        // `held`: it came and went too often, and is kept out for a while on purpose.
        if (state === "live" || state === "held") continue;
        this.#note(`${id} is ${state} in the table of ${one.name} ${afterMs} ms after the last fault`);
      }
    }
  }

  /** Once a dead leader's silence is over: one leads, and all know who. */
  oneLeads(): void {
    const leader = this.#cluster.leader();
    if (leader === undefined) this.#note("nobody leads at the end");
    for (const one of this.#cluster.controllers.values()) {
      const { role } = one.controller.election;
      if (role.kind === "leader" || role.leader === leader?.instance) continue;
      this.#note(`${one.name} takes ${role.leader} for the leader, who is ${leader?.instance}`);
    }
    for (const proxy of this.#cluster.proxies) {
      if (proxy.attached === undefined) this.#note(`${proxy.name} reads no table at the end`);
    }
  }

  /** Later still: the proxies' own evidence is forgotten too. */
  everybodyIsChosen(): void {
    for (const proxy of this.#cluster.proxies) {
      for (const id of this.#cluster.workers.keys()) {
        if (!proxy.choosable.includes(id) && !proxy.describe(id).includes('"held"')) {
          this.#note(`${proxy.name} does not choose ${id} at the very end: ${proxy.describe(id)}`);
        }
      }
    }
  }

  /** It came and went too often, and is kept out for a while on purpose. */
  #isHeldDown(id: string): boolean {
    return [...this.#cluster.controllers.values()].some((one) => one.running && stateIn(one, id) === "held");
  }

  #note(what: string): void {
    if (this.violations.length >= violationsMax) return;
    this.violations.push(`${this.#cluster.time.nowMs.toFixed(1)} ms: ${what}`);
  }
}

function stateIn({ controller }: VirtualController, id: string): string {
  const view = controller.registry.find(id)[0];
  return view?.cause ?? view?.state ?? "unknown";
}

function textOf(failure: unknown): string {
  if (failure instanceof Error) return failure.stack ?? failure.message;
  return JSON.stringify(failure, (_key, value: unknown) => (value instanceof Error ? value.stack : value));
}
