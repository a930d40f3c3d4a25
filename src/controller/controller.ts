import type { ScrapedController } from "../control/prometheus-targets.ts";
import {
  ControlServer,
  type ControlServerOptions,
  limitsWithin,
  type Place,
  type ServerTls,
} from "../control/server.ts";
import { isOwnListener, type Resolve } from "../control/address-rules.ts";
import { parseAddress } from "../core/registry/address.ts";
import { Election, type PublicRole } from "../election/election.ts";
import { PeerNetwork, type PeerSelf } from "../peers/network.ts";
import type { Peer, PeerChange, PeerTransport } from "../peers/peers.ts";
import { peerFrameBytesMax } from "../peers/peers.ts";
import { acceptPeer } from "../peers/unix-transport.ts";
import type { TrafficConfiguration } from "../protocol/configuration.ts";
import type { ConfigReply, ControllersReply } from "../protocol/discovery.ts";
import type { ConfigurationValue } from "../protocol/evaluation.ts";
import { SkeinError } from "../protocol/error.ts";
import type { PeerHome, PeerItem } from "../protocol/peer.ts";
import { snapshotOf, takePeerItem } from "../registry/peer-news.ts";
import { PeerSnapshots } from "../registry/peer-snapshots.ts";
import type { Prober } from "../registry/probe.ts";
import { Registry } from "../registry/registry.ts";
import type { Clock } from "../runtime/clock.ts";
import { ClusterClock } from "../runtime/cluster-clock.ts";
import { dashboardDirectory } from "../runtime/dashboard-place.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Random } from "../runtime/random.ts";
import { SaidLately } from "../runtime/said-lately.ts";
import { type Store, StoreCorrupt, type StoreChange, type StoreState } from "../store/store.ts";
import { answerPeer } from "./asked.ts";
import { controlPorts } from "./control-ports.ts";
import { controllerUrls } from "./controller-urls.ts";
import { type Elsewhere, placeOf } from "./elsewhere.ts";
import { EventLog } from "./event-log.ts";
import { reachable } from "./reachable.ts";
import { leaderHeardAt } from "./leader-heard.ts";
import { leadershipWords, tellsOfLeadership } from "./leadership-words.ts";
import { ProxyQuestions } from "./proxy-questions.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { metricSources } from "./metrics/sources.ts";
import { Tally } from "./tally.ts";
import { TokenShares } from "./token-shares.ts";
import { scrapedControllers } from "./scraped.ts";
import { Statistics } from "./statistics.ts";
import { controllersOf, type OwnView } from "./views.ts";

export interface ControllerOptions {
  /** Among the controllers of all gateways that share the store. */
  name: string;
  home: PeerHome;
  /** One life of this controller. */
  instance: string;
  clock: Clock;
  random: Random;
  prober: Prober;
  /** Already opened. */
  store: Store;
  /** The way to the controllers of this gateway, or, as that of `elsewhere`, to all. */
  transport: PeerTransport;
  elsewhere?: Elsewhere | undefined;
  logger: Logger;
  /** Content of the operators' token file. */
  token: string;
  /** Host of the control address: served as a name, and where this controller's own address is. */
  controlHost: string;
  /** host:port of everything that this gateway listens on, besides this controller's own address. */
  ownListeners: readonly string[];
  /** The store must not be used any more: the process has to end. */
  onStoreCorrupt(error: StoreCorrupt): void;
  resolve?: Resolve;
  /** With which the control API is served to other hosts. */
  tls?: ServerTls | undefined;
  /** How many files this process may have open; unset: no matter. */
  filesMax?: number;
  /** How late this process comes to what is due; unset: nobody measures it. */
  loopDelayP99Ms?(): number;
}

/** Where a controller serves the control API. All are optional for one that is embedded. */
export interface ControllerPlaces {
  /** The unix socket of its name. */
  socketPath?: string;
  /** The shared door, inherited. */
  doorFd?: number;
  /** An address of its own. Port 0: ephemeral. */
  own?: { host: string; port: number };
}

/** A configuration as the supervisor sent it. */
export interface SentConfiguration {
  traffic: TrafficConfiguration;
  digest: string;
  /** Where it came from, for people. */
  told?: { file: string | null; values: ConfigurationValue[] } | undefined;
}

/**
 * One controller: joins registry, election, peers, store and control API. It decides nothing itself; it carries
 * what one part says to the others.
 */
export class Controller {
  readonly options: ControllerOptions;
  readonly registry: Registry;
  readonly election: Election;
  readonly peers: PeerNetwork;
  readonly statistics: Statistics;
  readonly questions: ProxyQuestions;
  readonly tally = new Tally();
  readonly server: ControlServer;
  readonly shares: TokenShares;
  readonly #clusterClock: ClusterClock;
  /** host:port of everything that this gateway listens on; a reload may change it. */
  ownListeners: readonly string[];
  readonly #events: EventLog;
  readonly #snapshots: PeerSnapshots;
  readonly #saidOfStore: SaidLately;
  readonly #eventWatchers = new Set<() => void>();
  /** What our hello to a peer says; the address is known once we listen. */
  readonly #self: PeerSelf;
  #state: StoreState | undefined;
  #sent: SentConfiguration | undefined;
  #writing = false;
  #termFloor = 0;
  #role: PublicRole | undefined;
  /** The newest term that this controller led. */
  #ledTerm = 0;
  /** When the store last showed a sign of life of the leader. */
  #leaderHeardAt = Number.POSITIVE_INFINITY;
  #unwatch: (() => void) | undefined;
  #urlsTold: string[] = [];
  #stopped = false;

  constructor(options: ControllerOptions) {
    this.options = options;
    const { clock, random, prober, store, instance } = options;
    this.#self = { controller: instance, name: options.name, url: "", home: options.home };
    this.#clusterClock = new ClusterClock(clock);
    this.#saidOfStore = new SaidLately(clock);
    this.ownListeners = options.ownListeners;
    this.statistics = new Statistics(clock);
    this.questions = new ProxyQuestions(clock);
    this.registry = new Registry({
      controller: instance,
      clock,
      beginnings: this.#clusterClock,
      random,
      prober,
      tell: (item) => this.peers.broadcast(item),
      announce: (announcement) => {
        this.tally.change(announcement);
        this.#events.add(announcement);
      },
    });
    this.#snapshots = new PeerSnapshots(this.registry);
    this.shares = new TokenShares(clock, (service, id) => this.registry.entry(service, id) !== undefined);
    this.election = new Election({
      store,
      clock,
      instance,
      termFloor: () => this.#highestTerm,
      onRole: (role) => this.#roleChanged(role),
      onError: (error) => this.#storeFailed(error),
    });
    this.peers = new PeerNetwork({
      self: this.#self,
      clock,
      transport: options.transport,
      ports: {
        leadership: () => ({ term: this.#highestTerm, leader: this.leads }),
        clock: this.#clusterClock,
        snapshot: () => ({ items: snapshotOf(this.registry), settled: this.registry.settled }),
        onItems: (from, items, of) => this.#peerItems(from, items, of),
        onSnapshot: (from, settled) => {
          this.#snapshots.end(from.controller);
          // Another gateway knows nothing of workers that only this host can reach, and did not see their first checks.
          if (settled && placeOf(from.home, options.home) === "this-gateway") this.registry.settle();
        },
        onPeer: (change) => this.#peerChanged(change),
        onAsk: (_from, request) => answerPeer(this.server.app, request),
      },
    });
    this.#events = new EventLog({
      store,
      clock,
      lease: () => this.election.lease,
      lastEventId: () => this.#state?.events.lastId ?? 0,
      staleTerm: (term) => this.election.staleTerm(term),
      failed: (error) => this.#storeFailed(error),
    });
    const metrics = createMetrics(metricSources(this));
    this.server = new ControlServer({
      ports: controlPorts(this, metrics),
      clock,
      acceptPeer: (socket) => acceptPeer(this.peers, socket),
      acceptStranger: strangersOf(options.elsewhere, () => this.peers),
      peerFrameBytesMax,
      tls: options.tls,
      limits: limitsWithin(options.filesMax),
      dashboard: dashboardDirectory(),
      ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
    });
  }

  /** Listens, reads the store, meets the peers, takes part in the election. */
  async start(places: ControllerPlaces): Promise<void> {
    const { store } = this.options;
    if (places.own !== undefined) {
      const address = await this.server.listen(places.own);
      this.#self.url = `${this.options.tls === undefined ? "http" : "https"}://${reachable(address)}`;
    }
    await this.#readFirst();
    this.#unwatch = store.watch({
      changed: (state) => this.#stateChanged(state),
      failed: (error) => this.#storeFailed(error),
    });
    this.registry.start();
    const others: Place[] = [];
    if (places.socketPath !== undefined) others.push({ path: places.socketPath });
    if (places.doorFd !== undefined) others.push({ fd: places.doorFd });
    for (const place of others) await this.server.listen(place);
    this.#announce();
    this.peers.start();
    await this.election.start();
  }

  /** The controllers of other gateways find this one by what it tells in the store. */
  #announce(): void {
    const { elsewhere, name, home, instance, store } = this.options;
    const { presence } = store;
    if (elsewhere === undefined || presence === undefined || this.#self.url === "") return;
    const key = elsewhere.publicKey;
    const record = { controller: instance, name, ...home, url: this.#self.url, key };
    presence.announce(() => ({ ...record, clock: this.#clusterClock.now() }));
    presence.onChange(() => presence.others().forEach(({ clock }) => this.#clusterClock.heard(clock)));
  }

  /** A store that does not answer is no reason not to serve with what is known of it. */
  async #readFirst(): Promise<void> {
    const { store } = this.options;
    if (store.lastKnown !== undefined) this.#stateChanged(store.lastKnown);
    try {
      this.#stateChanged(await store.read());
    } catch (error) {
      if (store.lastKnown === undefined || error instanceof StoreCorrupt) throw error;
      this.#storeFailed(asError(error));
    }
  }

  /** A polite end: gives up the leadership first, so that another may lead at once. Idempotent. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    if (this.leads) {
      const { name } = this.options;
      this.#events.add({
        kind: "leader-resigned",
        message: `${name} gives up the leadership: it is stopping`,
      });
      await this.#events.flush();
    }
    await this.election.resign();
    this.#unwatch?.();
    this.registry.stop();
    this.peers.close();
    this.server.close();
    await this.options.store.close();
  }

  /** The supervisor sent the configuration from the file: the leader writes it when it differs from the store's. */
  configure(sent: SentConfiguration): void {
    this.#sent = sent;
    this.registry.receive(sent.traffic.proxy.receptions);
    this.#reconcile();
  }

  get leads(): boolean {
    return this.election.lease !== undefined;
  }

  /** The highest term that this controller knows. */
  get term(): number {
    const told = this.peers.peers.map((peer) => peer.term);
    return Math.max(this.#state?.leadership.term ?? 0, this.election.role.term, ...told);
  }

  /**
   * A proxy has seen a table of this term and revision. Where the store was begun anew, ours may be older: then the
   * proxies would refuse our tables, so a leader gives the seat up, and whoever takes it leads above that term.
   */
  sawTable({ term, revision }: { term: number; revision: number }): void {
    this.#sawTerm(term);
    if (this.election.lease?.term !== term || this.registry.revision >= revision) return;
    // A standby may have read what we wrote before we did: only what the store itself does not know is another's.
    this.options.store.read().then(
      (state) => {
        this.#stateChanged(state);
        if (this.registry.revision < revision) this.#leadAbove(term);
      },
      (error: unknown) => this.#storeFailed(asError(error)),
    );
  }

  #sawTerm(term: number): void {
    this.#termFloor = Math.max(this.#termFloor, term);
    this.#leadAbove(term - 1);
  }

  /** Gives the seat up when it is of no higher term than this one. */
  #leadAbove(term: number): void {
    const lease = this.election.lease;
    if (lease === undefined || lease.term > term) return;
    this.peers.announce();
    this.options.store.resign(lease).catch((error: unknown) => this.#storeFailed(asError(error)));
  }

  get url(): string {
    return this.#self.url;
  }

  get ready(): boolean {
    return this.registry.traffic !== undefined;
  }

  get state(): StoreState | undefined {
    return this.#state;
  }

  controllerUrls(): string[] {
    return controllerUrls(this.#self, this.peers.peers);
  }

  config(): ConfigReply {
    const { file, values } = this.#sent?.told ?? { file: null, values: [] };
    return { v: 1, file, inForce: this.#sent?.digest === this.#state?.configuration?.digest, values };
  }

  scraped(): ScrapedController[] {
    return scrapedControllers(this.#self, this.peers.peers);
  }

  own(): OwnView {
    const { name, instance } = this.options;
    return { name, instance, url: this.#self.url, term: this.term, leads: this.leads };
  }

  controllers(): ControllersReply {
    const { store } = this.options;
    const { holder, term } = this.#state?.leadership ?? { holder: null, term: 0 };
    // On one host every controller is a peer: who leads and is none has just ended.
    const shared = store.silence.judge === "store" && holder !== null;
    return controllersOf(this.own(), this.peers.peers, shared ? { instance: holder, term } : undefined);
  }

  onEvents(changed: () => void): () => void {
    this.#eventWatchers.add(changed);
    return () => this.#eventWatchers.delete(changed);
  }

  /** One leader's write. Rejects with SkeinError. */
  async write(changes: readonly StoreChange[]): Promise<void> {
    const { store } = this.options;
    const lease = this.election.lease;
    const lost = (): SkeinError =>
      new SkeinError("noLeader", "This controller has just lost the leadership. Try again.");
    if (lease === undefined) throw lost();
    const outcome = await store.write(lease, changes);
    if (outcome === "stale-term") {
      this.election.staleTerm(lease.term);
      throw lost();
    }
    this.#stateChanged(await store.read());
  }

  get #highestTerm(): number {
    return Math.max(this.term, this.#termFloor);
  }

  #stateChanged(state: StoreState): void {
    const before = this.#state;
    this.#state = state;
    const { store, clock, instance } = this.options;
    const leaders = { before: before?.leadership, after: state.leadership };
    this.#leaderHeardAt = leaderHeardAt(this.#leaderHeardAt, leaders, instance, store.silence, clock.now());
    this.registry.setTerm(state.leadership.term);
    if (state.configuration !== undefined && state.configuration !== before?.configuration) {
      this.registry.configure(state.configuration);
    }
    if (state.overrides !== before?.overrides) this.registry.setOverrides(state.overrides);
    if (state.tokens !== before?.tokens) {
      this.server.tokensChanged(state.tokens);
      this.shares.keepOnly(state.tokens);
    }
    if (state.events.lastId !== before?.events.lastId) for (const changed of this.#eventWatchers) changed();
    this.#reconcile();
  }

  #roleChanged(role: PublicRole): void {
    const { name, logger } = this.options;
    const level = tellsOfLeadership(this.#role, role) ? "info" : "debug";
    logger[level]({ leadership: role.kind, term: role.term }, "leadership changed");
    this.#role = role;
    this.registry.setTerm(role.term);
    this.peers.announce();
    if (role.kind !== "leader") return;
    if (role.term === this.#ledTerm) return this.#reconcile();
    this.#ledTerm = role.term;
    this.tally.elections += 1;
    void this.#events.takeOver(this.#leaderHeardAt);
    this.#events.add({
      kind: "leader-elected",
      ...leadershipWords(name, role.term, this.election.takeover),
    });
    this.#reconcile();
  }

  /** Makes the store's configuration the supervisor's, once and by the leader. */
  #reconcile(): void {
    const sent = this.#sent;
    if (
      sent === undefined ||
      this.#writing ||
      !this.leads ||
      this.#state?.configuration?.digest === sent.digest
    )
      return;
    this.#writing = true;
    const { clock } = this.options;
    const event = {
      at: clock.wallTime(),
      kind: "configuration-changed" as const,
      message: "A new configuration is in force",
      data: { digest: sent.digest },
    };
    const change = { kind: "configuration" as const, digest: sent.digest, traffic: sent.traffic };
    this.write([change, { kind: "event", event }]).then(
      () => this.#written(),
      (error: unknown) => {
        this.#storeFailed(asError(error));
        clock.after(100, () => this.#written());
      },
    );
  }

  /** Another may have been sent meanwhile. */
  #written(): void {
    this.#writing = false;
    if (!this.#stopped) this.#reconcile();
  }

  #peerItems(from: Peer, items: readonly PeerItem[], of: "news" | "snapshot"): void {
    if (of === "snapshot") this.#snapshots.add(from.controller, items);
    const place = placeOf(from.home, this.options.home);
    for (const item of items) {
      if (this.#isCircle(item)) continue;
      if (item.kind !== "statistics") takePeerItem(this.registry, from.controller, item, place);
      else if (place === "this-gateway") this.statistics.take(item.report);
    }
  }

  /** A peer cannot know all the places at which we listen: as workers, they would send requests round in circles. */
  #isCircle(item: PeerItem): boolean {
    if (item.kind !== "heartbeat" && item.kind !== "session") return false;
    const { address } = item.kind === "heartbeat" ? item.beat : item.worker;
    const parsed = parseAddress(address);
    return parsed !== undefined && isOwnListener(parsed, this.ownListeners);
  }

  #peerChanged(change: PeerChange): void {
    this.options.logger.info({ peer: change.peer.name, change: change.kind }, "peer changed");
    if (change.kind === "down") {
      this.#snapshots.forget(change.peer.controller);
      this.registry.peerGone(change.peer.controller);
    }
    this.registry.setTerm(change.peer.term);
    this.#sawTerm(change.peer.term);
    const urls = this.controllerUrls();
    if (urls.join() === this.#urlsTold.join()) return;
    this.#urlsTold = urls;
    this.server.announceControllers(urls);
  }

  #storeFailed(error: Error): void {
    if (error instanceof StoreCorrupt) this.options.onStoreCorrupt(error);
    else if (!this.#stopped && this.#saidOfStore.mayBeSaid(error.message))
      this.options.logger.warn({ error: error.message }, "the store failed");
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function strangersOf(
  elsewhere: Elsewhere | undefined,
  peers: () => PeerNetwork,
): ControlServerOptions["acceptStranger"] {
  return elsewhere && ((socket, from, channel) => elsewhere.accept(peers(), socket, from, channel));
}
