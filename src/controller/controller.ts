import type { ScrapedController } from "../control/prometheus-targets.ts";
import { ControlServer, limitsWithin, type Place } from "../control/server.ts";
import { Election, type PublicRole } from "../election/election.ts";
import { PeerNetwork, type PeerSelf } from "../peers/network.ts";
import { type PeerChange, peerFrameBytesMax } from "../peers/peers.ts";
import { acceptPeer } from "../peers/unix-transport.ts";
import type { ControllersReply } from "../protocol/discovery.ts";
import type { ChildWord } from "../protocol/supervision.ts";
import { snapshotOf } from "../registry/peer-news.ts";
import { Registry } from "../registry/registry.ts";
import { ClusterClock } from "../runtime/cluster-clock.ts";
import { dashboardDirectory } from "../runtime/dashboard-place.ts";
import type { StoreState } from "../store/store.ts";
import { answerPeer } from "./asked.ts";
import { ConfigurationWriter, type SentConfiguration } from "./configuration-writer.ts";
import { controlPorts } from "./control-ports.ts";
import type { ControllerOptions, ControllerPlaces } from "./controller-options.ts";
import { controllerUrls } from "./controller-urls.ts";
import { EventLog, nobodySince } from "./event-log.ts";
import { HeardFromPeers } from "./heard-from-peers.ts";
import { leaderHeardAt } from "./leader-heard.ts";
import { leadershipWords, tellsOfLeadership } from "./leadership-words.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { metricSources } from "./metrics/sources.ts";
import { ProxyQuestions } from "./proxy-questions.ts";
import { reachable } from "./reachable.ts";
import { scrapedControllers } from "./scraped.ts";
import { SharedState } from "./shared-state.ts";
import { Statistics } from "./statistics.ts";
import { Tally } from "./tally.ts";
import { Terms } from "./terms.ts";
import { TokenShares } from "./token-shares.ts";
import { controllersOf, type OwnView } from "./views.ts";

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
  readonly shared: SharedState;
  readonly terms: Terms;
  readonly configuration: ConfigurationWriter;
  readonly tally = new Tally();
  readonly server: ControlServer;
  readonly shares: TokenShares;
  readonly #clusterClock: ClusterClock;
  /** host:port of everything that this gateway listens on; a reload may change it. */
  ownListeners: readonly string[];
  readonly #events: EventLog;
  readonly #eventWatchers = new Set<() => void>();
  /** What our hello to a peer says; the address is known once we listen. */
  readonly #self: PeerSelf;
  #role: PublicRole | undefined;
  /** The newest term that this controller led. */
  #ledTerm = 0;
  /** When another leader last gave a sign of life. */
  #leaderHeardAt = Number.POSITIVE_INFINITY;
  #urlsTold: string[] = [];
  #stopped = false;

  constructor(options: ControllerOptions) {
    this.options = options;
    const { clock, store, instance, name, home } = options;
    this.#self = { controller: instance, name, url: "", home };
    this.#clusterClock = new ClusterClock(clock);
    this.ownListeners = options.ownListeners;
    this.statistics = new Statistics(clock);
    this.questions = new ProxyQuestions(clock);
    this.registry = this.#newRegistry();
    this.shares = new TokenShares(clock, (service, id) => this.registry.entry(service, id) !== undefined);
    this.shared = new SharedState({
      store,
      clock,
      logger: options.logger,
      election: () => this.election,
      changed: (before, state) => this.#stateChanged(before, state),
      corrupt: (error) => options.onStoreCorrupt(error),
      stopping: () => this.#stopped,
    });
    const failed = (error: unknown): void => this.shared.failed(error);
    this.election = new Election({
      store,
      clock,
      instance,
      termFloor: () => this.terms.highest,
      onRole: (role) => this.#roleChanged(role),
      onError: failed,
    });
    this.peers = this.#newPeers();
    this.terms = new Terms({
      clock,
      store,
      election: this.election,
      peers: this.peers,
      registry: this.registry,
      shared: this.shared,
    });
    this.configuration = new ConfigurationWriter({
      clock,
      leads: () => this.leads,
      inStore: () => this.shared.state?.configuration,
      write: (changes) => this.shared.write(changes),
      look: async () => this.shared.read(await store.read()),
      failed,
    });
    this.#events = new EventLog({
      store,
      clock,
      lease: () => this.election.lease,
      lastEventId: () => this.shared.state?.events.lastId ?? 0,
      staleTerm: (term) => this.election.staleTerm(term),
      failed,
    });
    this.server = this.#newServer();
  }

  #newRegistry(): Registry {
    const { clock, random, prober, instance } = this.options;
    return new Registry({
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
  }

  #newPeers(): PeerNetwork {
    const { clock, transport, home } = this.options;
    const { registry, statistics } = this;
    const heard = new HeardFromPeers({ registry, statistics, home, ownListeners: () => this.ownListeners });
    return new PeerNetwork({
      self: this.#self,
      clock,
      transport,
      ports: {
        leadership: () => ({ term: this.terms.highest, leader: this.leads }),
        clock: this.#clusterClock,
        snapshot: () => ({ items: snapshotOf(registry), settled: registry.settled }),
        onItems: (from, items, of) => heard.items(from, items, of),
        onSnapshot: (from, settled) => heard.snapshotOver(from, settled),
        onPeer: (change) => {
          if (change.kind === "down") heard.gone(change.peer);
          this.#peerChanged(change);
        },
        onAsk: (_from, request) => answerPeer(this.server.app, request),
      },
    });
  }

  #newServer(): ControlServer {
    const { clock, elsewhere, filesMax, resolve, tls } = this.options;
    return new ControlServer({
      ports: controlPorts(this, createMetrics(metricSources(this))),
      clock,
      acceptPeer: (socket) => acceptPeer(this.peers, socket),
      acceptStranger: elsewhere && ((socket, stranger) => elsewhere.accept(this.peers, socket, stranger)),
      peerFrameBytesMax,
      tls,
      limits: limitsWithin(filesMax),
      dashboard: dashboardDirectory(),
      ...(resolve === undefined ? {} : { resolve }),
    });
  }

  /** Listens, reads the store, meets the peers, takes part in the election. */
  async start(places: ControllerPlaces): Promise<void> {
    if (places.own !== undefined) {
      const address = await this.server.listen(places.own);
      this.#self.url = `${this.options.tls === undefined ? "http" : "https"}://${reachable(address)}`;
    }
    await this.shared.start();
    this.registry.start();
    const others: Place[] = [];
    if (places.socketPath !== undefined) others.push({ path: places.socketPath });
    if (places.doorFd !== undefined) others.push({ fd: places.doorFd });
    for (const place of others) await this.server.listen(place);
    this.options.elsewhere?.announce(this.#self, this.#clusterClock);
    this.peers.start();
    this.election.start();
  }

  /** A polite end: gives up the leadership first, so that another may lead at once. Idempotent. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.configuration.stop();
    if (this.leads) {
      const { name } = this.options;
      this.#events.add({
        kind: "leader-resigned",
        message: `${name} gives up the leadership: it is stopping`,
      });
      await this.#events.flush();
    }
    await this.election.resign();
    this.shared.stop();
    this.registry.stop();
    this.peers.close();
    this.server.close();
    await this.options.store.close();
  }

  /** The supervisor sent the configuration from the file: the leader writes it when it differs from the store's. */
  configure(sent: SentConfiguration): void {
    this.registry.readHere(sent.traffic);
    this.configuration.send(sent);
  }

  /** Of the configuration that was sent, for the supervisor. */
  configured(): Pick<ChildWord, "configured"> {
    const { standing } = this.configuration;
    return standing === undefined ? {} : { configured: { ...standing, ledElsewhere: this.#ledElsewhere() } };
  }

  /** What its control API shows, for the supervisor. */
  certificate(): Pick<ChildWord, "certificate"> {
    const shown = this.options.certificate?.();
    if (shown === undefined) return {};
    return { certificate: { file: shown.file, notAfter: Math.floor(shown.notAfter / 1_000) } };
  }

  /** By a controller of another gateway, whether it can be heard or not. Whom nobody knows may be an own one that has just ended. */
  #ledElsewhere(): boolean {
    const { home, elsewhere } = this.options;
    const holder = this.shared.state?.leadership.holder;
    const leader = this.peers.peers.find(({ controller }) => controller === holder);
    const { gateway } = leader?.home ?? elsewhere?.present(holder) ?? home;
    return gateway !== home.gateway;
  }

  get leads(): boolean {
    return this.election.lease !== undefined;
  }

  /** The highest term that this controller knows. */
  get term(): number {
    return this.terms.known;
  }

  get url(): string {
    return this.#self.url;
  }

  get ready(): boolean {
    return this.registry.traffic !== undefined;
  }

  controllerUrls(): string[] {
    return controllerUrls(this.#self, this.peers.peers);
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
    const { holder, term } = this.shared.state?.leadership ?? { holder: null, term: 0 };
    // On one host every controller is a peer: who leads and is none has just ended.
    const shared = store.silence.judge === "store" && holder !== null;
    return controllersOf(this.own(), this.peers.peers, shared ? { instance: holder, term } : undefined);
  }

  onEvents(changed: () => void): () => void {
    this.#eventWatchers.add(changed);
    return () => this.#eventWatchers.delete(changed);
  }

  #stateChanged(before: StoreState | undefined, state: StoreState): void {
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
    this.configuration.reconcile();
  }

  #roleChanged(role: PublicRole): void {
    const { name, logger } = this.options;
    const level = tellsOfLeadership(this.#role, role) ? "info" : "debug";
    logger[level]({ leadership: role.kind, term: role.term }, "leadership changed");
    this.#role = role;
    this.registry.setTerm(role.term);
    this.peers.announce();
    if (role.kind !== "leader") return;
    if (role.term === this.#ledTerm) {
      this.#events.resume();
      return this.configuration.reconcile();
    }
    this.#ledTerm = role.term;
    this.tally.elections += 1;
    void this.#events.takeOver(this.#leaderHeardAt);
    // A seat that the store frees may be this controller's again, under a new term, and nobody has led meanwhile.
    if (this.options.store.silence.judge === "store") this.#leaderHeardAt = nobodySince;
    this.#events.add({
      kind: "leader-elected",
      ...leadershipWords(name, role.term, this.election.takeover),
    });
    this.configuration.reconcile();
  }

  #peerChanged(change: PeerChange): void {
    this.options.logger.info({ peer: change.peer.name, change: change.kind }, "peer changed");
    this.registry.setTerm(change.peer.term);
    this.terms.saw(change.peer.term);
    const urls = this.controllerUrls();
    if (urls.join() === this.#urlsTold.join()) return;
    this.#urlsTold = urls;
    this.server.announceControllers(urls);
  }
}
