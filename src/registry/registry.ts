import type { WorkerEvent } from "../core/registry/events.ts";
import { asFound, asTold } from "../core/registry/since.ts";
import { stepWorker } from "../core/registry/step.ts";
import { requestsAt } from "../core/registry/sealed.ts";
import type { Surroundings, Worker } from "../core/registry/worker.ts";
import type { Check, TrafficConfiguration } from "../protocol/configuration.ts";
import type { WorkerView } from "../protocol/discovery.ts";
import type { Evidence } from "../protocol/evidence.ts";
import type { Load } from "../protocol/heartbeat.ts";
import type { PeerWorker } from "../protocol/peer.ts";
import type { Timer } from "../runtime/clock.ts";
import { Announcer } from "./announcer.ts";
import { Arrivals } from "./arrivals.ts";
import { Checker } from "./checker.ts";
import type { Accepted, Claimant } from "./claim.ts";
import { applyConfiguredWorkers, regate } from "./configured.ts";
import { carryOut, type Doers } from "./effects.ts";
import { Entries, type LifeElsewhere } from "./entries.ts";
import type { Entry, SessionEnd } from "./entry.ts";
import { stallOf, takeEvidence } from "./evidence.ts";
import { Fleets } from "./fleets.ts";
import { LeaseClock } from "./lease-clock.ts";
import { Lives } from "./lives.ts";
import { Overrides } from "./overrides.ts";
import { SessionPings } from "./session-pings.ts";
import type { ConfigurationInStore, RegistryPorts, WorkerOverride } from "./registry-ports.ts";
import { Publisher } from "./publisher.ts";
import { Services } from "./services.ts";
import type { OpenSession } from "./session.ts";
import { Sessions } from "./sessions.ts";
import { Settling } from "./settling.ts";
import { viewOf } from "./view.ts";
import { visiblyDiffer } from "./visible.ts";

export const registryTimes = {
  aliveMs: 500,
  calmMs: 1_000,
  paceMs: 5_000,
} as const;

const improving: Omit<Surroundings, "now" | "freshAt"> = { mayEvict: true, mayHold: true, othersLive: true };

/**
 * Who is alive, as this controller sees it: owns the state of every worker, runs the rules of core/registry, and
 * publishes the routing table. One turn of the event loop per event; nothing awaits between reading and writing.
 */
export class Registry {
  readonly ports: RegistryPorts;
  readonly publisher: Publisher;
  readonly checker: Checker;
  readonly #entries = new Entries();
  readonly #services = new Services();
  readonly #fleets = new Fleets();
  readonly #announcer: Announcer;
  readonly #leases: LeaseClock;
  readonly #sessions = new Sessions();
  readonly #overrides = new Overrides(this, this.#entries);
  readonly #lives: Lives;
  readonly #arrivals: Arrivals;
  readonly #doers: Doers;
  #term = 0;
  readonly #settling: Settling;
  #settled = false;
  #hadPast: boolean | undefined;
  #timers: Timer[] = [];
  /** Heartbeats that came to this controller, since its start. */
  readonly heartbeats = { post: 0, session: 0 };

  constructor(ports: RegistryPorts) {
    this.ports = ports;
    this.#settling = new Settling(ports.clock.now());
    this.#announcer = new Announcer((announcement) => ports.announce(announcement));
    this.#leases = new LeaseClock({
      clock: ports.clock,
      due: (entry) => {
        if (this.#entries.has(entry)) this.apply(entry, { kind: "tick" });
        return this.#entries.has(entry);
      },
      ticked: (now) => this.#ticked(now),
    });
    this.checker = this.#newChecker();
    this.publisher = new Publisher({
      controller: ports.controller,
      clock: ports.clock,
      entries: () => this.#entries,
      term: () => this.#term,
      settled: () => this.#settled,
    });
    this.#lives = new Lives({
      announcer: this.#announcer,
      checker: this.checker,
      entries: this.#entries,
      fleets: this.#fleets,
      leases: this.#leases,
      overrides: this.#overrides,
      publisher: this.publisher,
      sessions: this.#sessions,
      servicesChanged: () => this.#rehead(),
    });
    this.#arrivals = new Arrivals(this, {
      entries: this.#entries,
      sessions: this.#sessions,
      workersMax: () => this.#services.workersMax,
    });
    this.#doers = {
      announcer: this.#announcer,
      checker: this.checker,
      clock: ports.clock,
      fleets: this.#fleets,
      pings: new SessionPings(
        ports.clock,
        (entry) => this.checker.ask(entry),
        (entry) => this.#standsStill(entry),
      ),
      tell: (item) => ports.tell(item),
      forget: (entry) => this.forget(entry),
    };
  }

  #newChecker(): Checker {
    return new Checker({
      ...this.ports,
      checkOf: (service) => this.#services.checkOf(service),
      tlsOf: (service) => this.#services.of(service).tls,
      report: (entry, event) => {
        if (this.#entries.has(entry)) this.apply(entry, event);
      },
    });
  }

  start(): void {
    const { clock } = this.ports;
    this.#leases.start();
    this.#timers = [
      clock.every(registryTimes.aliveMs, () => this.publisher.alive()),
      clock.every(registryTimes.calmMs, () => {
        const over = this.#fleets.calmed(clock.now());
        for (const service of over) this.#announcer.preservationOff(service);
      }),
      clock.every(registryTimes.paceMs, () => this.#sessions.adjustPace(this.#entries)),
    ];
  }

  stop(): void {
    this.#leases.stop();
    for (const timer of this.#timers) timer.cancel();
    this.checker.stop();
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Others led before this controller was settled: what it found may be older than anybody who runs has seen. */
  get hadPast(): boolean {
    return this.#hadPast ?? this.#term > 1;
  }

  get revision(): number {
    return this.#services.revision;
  }

  get traffic(): TrafficConfiguration | undefined {
    return this.#services.traffic;
  }

  get sessions(): number {
    return this.#sessions.open;
  }

  /** A settled peer told everything it knows. */
  settle(): void {
    if (this.#settled) return;
    this.#hadPast = this.hadPast;
    this.#settled = true;
    this.publisher.touchIdentity();
  }

  setTerm(term: number): void {
    if (term <= this.#term) return;
    this.#term = term;
    this.publisher.touchIdentity();
  }

  configure(configuration: ConfigurationInStore): void {
    if (!this.#services.configure(configuration)) return;
    applyConfiguredWorkers(this, configuration.traffic);
    for (const entry of this.#entries) regate(this, entry);
    this.#rehead();
  }

  /** The configuration that this gateway's supervisor has read: what clients find at its own listeners, and its own files. */
  readHere(own: TrafficConfiguration): void {
    this.#services.readHere(own);
    this.#rehead();
  }

  setOverrides(overrides: readonly WorkerOverride[]): void {
    this.#overrides.replace(overrides);
  }

  /** A plain heartbeat. `from`: it came to this controller, or a peer passed it on. Throws SkeinError when it is refused. */
  heartbeat(claimant: Claimant, load: Load, from: "here" | "peer"): Accepted {
    return this.#arrivals.heartbeat(claimant, load, from);
  }

  /** A session was opened by a worker's hello. Throws SkeinError when it is refused. */
  openSession(claimant: Claimant, instance: string, end: SessionEnd): OpenSession {
    return this.#arrivals.openSession(claimant, instance, end);
  }

  /** The session ended without a word (`lost`), or with one. */
  closeSession(entry: Entry, end: SessionEnd, event: WorkerEvent): void {
    if (this.#sessions.closed(entry, end)) this.apply(entry, event);
  }

  evidence(items: readonly Evidence[], from: "here" | "peer"): void {
    const known = takeEvidence(this, items);
    if (from === "here" && known.length > 0) this.ports.tell({ kind: "evidence", items: known });
  }

  /** Its watch thread answers nothing: the process stands still. */
  #standsStill(entry: Entry): void {
    if (this.#entries.has(entry)) this.evidence([stallOf(entry)], "here");
  }

  /** A peer holds a session with this worker; `elsewhere`: one of another gateway. May throw SkeinError. */
  heldByPeer(peer: string, worker: PeerWorker, blocked: boolean, elsewhere: boolean): void {
    this.#arrivals.heldByPeer(peer, worker, blocked, elsewhere);
  }

  peerGone(peer: string): void {
    for (const entry of this.#entries) {
      if (entry.worker.peers.includes(peer)) this.apply(entry, { kind: "peer-gone", peer });
    }
  }

  /** Takes a worker out for good: it left, or an operator removed it. */
  remove(service: string, id: string): void {
    const entry = this.#entries.get(service, id);
    if (entry === undefined) return;
    const { session } = entry;
    if (session === undefined) this.apply(entry, { kind: "leave" });
    else this.expel(entry, session);
  }

  /** Ends a session for good. */
  expel(entry: Entry, session: SessionEnd): void {
    // First: a session that is closed counts as lost.
    this.closeSession(entry, session, { kind: "leave" });
    session.close("forbidden", "This worker was removed by an operator.", true);
  }

  /** A peer knows a life with this generation, which is over: the next one, if it begins here, gets a higher one. */
  generationAtPeer(service: string, id: string, life: LifeElsewhere): void {
    this.#entries.bury(service, id, life);
  }

  views(): WorkerView[] {
    const now = this.ports.clock.now();
    return Array.from(this.#entries, (entry) => this.#view(entry, now));
  }

  /** The workers with this id, of all services or of one. */
  find(id: string, service?: string): WorkerView[] {
    const now = this.ports.clock.now();
    return this.#entries.withId(id, service).map((entry) => this.#view(entry, now));
  }

  hasLeft(service: string, id: string): boolean {
    return this.#entries.hasLeft(service, id);
  }

  /** Who left and is forgotten: what only a memory keeps out. */
  departed(): ReturnType<Entries["departed"]> {
    return this.#entries.departed();
  }

  #view(entry: Entry, now: number): WorkerView {
    const { registration } = entry.worker;
    return viewOf(entry, this.hadPast, now, requestsAt(registration, this.#hasTls(registration.service)));
  }

  /** Names of the services that have workers, and how many are live. */
  serviceCounts(service: string): { live: number; members: number; preserving: boolean } {
    return this.#fleets.counts(service);
  }

  serviceNames(): string[] {
    return this.#fleets.names();
  }

  get size(): number {
    return this.#entries.size;
  }

  checkOf(service: string): Check {
    return this.#services.checkOf(service);
  }

  entries(): Iterable<Entry> {
    return this.#entries;
  }

  entry(service: string, id: string): Entry | undefined {
    return this.#entries.get(service, id);
  }

  /** Puts a life in place of an earlier one, or a first one. `vouched`: it needs no first check here. */
  begin(begun: Worker, vouched = false): Entry {
    return this.#lives.begin(asFound(begun, this.ports.beginnings.now(), this.#settled), vouched);
  }

  /** It stands in no configuration any more, and goes on as one that joined: with a lease, and counted. */
  release(entry: Entry): void {
    this.#entries.replace(entry, { ...entry.worker, origin: "joined" });
    this.#leases.schedule(entry);
  }

  /** One that joined has come into the configuration: without a lease from now on, and asked as that says. */
  adopt(entry: Entry): void {
    this.#entries.replace(entry, { ...entry.worker, origin: "configured" });
    this.#leases.schedule(entry);
  }

  forget(entry: Entry): void {
    this.#lives.forget(entry);
  }

  /** Lets one event happen to a worker, and does what follows. */
  apply(entry: Entry, event: WorkerEvent): void {
    const before = entry.worker;
    const { worker: stepped, effects } = stepWorker(before, event, this.#around(before, event));
    const worker = entry.told === undefined ? stepped : asTold(stepped, entry.told);
    if (worker !== before) {
      entry.worker = worker;
      this.#fleets.changed(before, worker);
      if (visiblyDiffer(before, worker)) {
        this.publisher.touch(entry);
        this.checker.consider(entry);
      }
      this.#leases.schedule(entry);
      if (worker.dead && !before.dead) {
        const detail = "Nothing was heard on this session for too long: join again.";
        this.#sessions.end(entry, "lease-expired", detail, false);
      }
    }
    for (const effect of effects) carryOut(effect, entry, this.#doers);
  }

  #around(worker: Worker, event: WorkerEvent): Surroundings {
    const now = this.ports.clock.now();
    // A beat can only improve things: the fleet need not be asked, 10,000 times a second.
    if (event.kind === "beat") return { now, freshAt: this.#leases.freshAt, ...improving };
    const ownTls = this.#hasTls(worker.registration.service);
    return { ...this.#fleets.around(worker, this.#leases.freshAt, now), ownTls };
  }

  #hasTls(service: string): boolean {
    return this.#services.of(service).tls !== undefined;
  }

  #ticked(now: number): void {
    this.checker.tick(now);
    if (!this.#settled && this.#settling.isOver(this.#sessions.open, now)) this.settle();
  }

  #rehead(): void {
    const head = this.#services.head(this.#fleets.names());
    if (head !== undefined) this.publisher.replaceHead(head);
  }
}
