import { newWorker } from "../core/registry/create.ts";
import { asFound, asTold } from "../core/registry/since.ts";
import type { Effect, WorkerEvent } from "../core/registry/events.ts";
import { stepWorker } from "../core/registry/step.ts";
import type { Registration, Surroundings, Worker } from "../core/registry/worker.ts";
import type { Check, ProxySettings, TrafficConfiguration } from "../protocol/configuration.ts";
import type { WorkerView } from "../protocol/discovery.ts";
import type { Evidence } from "../protocol/evidence.ts";
import { heartbeatDefaults, type Load } from "../protocol/heartbeat.ts";
import type { PeerWorker } from "../protocol/peer.ts";
import type { Timer } from "../runtime/clock.ts";
import { Announcer } from "./announcer.ts";
import { Checker } from "./checker.ts";
import {
  type Accepted,
  acceptedOf,
  type Claimant,
  numbersOf,
  peerWorkerOf,
  registrationOf,
  registryFull,
} from "./claim.ts";
import { applyConfiguredWorkers } from "./configured.ts";
import { Entries } from "./entries.ts";
import { type Entry, keyOf, type SessionEnd } from "./entry.ts";
import { Fleets } from "./fleets.ts";
import { gateFor, regate } from "./gate.ts";
import { pastWith } from "./graves.ts";
import { LeaseClock } from "./lease-clock.ts";
import { Pacer } from "./pacer.ts";
import { SessionPings } from "./session-pings.ts";
import type { ConfigurationInStore, RegistryPorts, WorkerOverride } from "./registry-ports.ts";
import { Publisher } from "./publisher.ts";
import { Services } from "./services.ts";
import { OpenSession } from "./session.ts";
import { viewOf } from "./view.ts";
import { visiblyDiffer } from "./visible.ts";

export const registryTimes = {
  aliveMs: 500,
  calmMs: 1_000,
  /** A fresh controller without a settled peer: the usual lease and a margin for full-jitter reconnects. */
  settleMs: 4_000,
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
  readonly #pacer = new Pacer();
  readonly #pings: SessionPings;
  readonly #startedAt: number;
  #overrides = new Map<string, WorkerOverride>();
  #term = 0;
  #settled = false;
  #hadPast: boolean | undefined;
  #timers: Timer[] = [];
  #sessions = 0;
  /** Heartbeats that came to this controller, since its start. */
  readonly heartbeats = { post: 0, session: 0 };

  constructor(ports: RegistryPorts) {
    this.ports = ports;
    this.#startedAt = ports.clock.now();
    this.#announcer = new Announcer((announcement) => ports.announce(announcement));
    this.#leases = new LeaseClock({
      clock: ports.clock,
      due: (entry) => {
        if (this.#entries.has(entry)) this.apply(entry, { kind: "tick" });
      },
      ticked: (now) => this.#ticked(now),
    });
    this.#pings = new SessionPings(
      ports.clock,
      (entry) => this.checker.ask(entry),
      (entry) => this.#standsStill(entry),
    );
    this.checker = new Checker({
      ...ports,
      checkOf: (service) => this.#services.checkOf(service),
      tlsOf: (service) => this.#services.of(service).tls,
      report: (entry, event) => {
        if (this.#entries.has(entry)) this.apply(entry, event);
      },
    });
    this.publisher = new Publisher({
      controller: ports.controller,
      clock: ports.clock,
      entries: () => this.#entries,
      term: () => this.#term,
      settled: () => this.#settled,
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
      clock.every(registryTimes.paceMs, () => this.#pacer.adjust(this.#sessions, this.#entries)),
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

  get revision(): number {
    return this.#services.revision;
  }

  get traffic(): TrafficConfiguration | undefined {
    return this.#services.traffic;
  }

  get sessions(): number {
    return this.#sessions;
  }

  /** A settled peer told everything it knows. */
  settle(): void {
    if (this.#settled) return;
    this.#hadPast = this.hadPast;
    this.#settled = true;
    this.publisher.touchIdentity();
  }

  /** Others led before this controller was settled: what it found may be older than anybody who runs has seen. */
  get hadPast(): boolean {
    return this.#hadPast ?? this.#term > 1;
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

  /** What clients find at this gateway's own listeners. */
  receive(own: ProxySettings["receptions"]): void {
    this.#services.receive(own);
    this.#rehead();
  }

  setOverrides(overrides: readonly WorkerOverride[]): void {
    const before = this.#overrides;
    this.#overrides = new Map(overrides.map((one) => [keyOf(one.service, one.id), one]));
    for (const key of new Set([...before.keys(), ...this.#overrides.keys()])) {
      const entry = this.#entries.byKey(key);
      if (entry !== undefined) this.#override(entry);
    }
  }

  /** A plain heartbeat. `from`: it came to this controller, or a peer passed it on. */
  heartbeat(claimant: Claimant, load: Load, from: "here" | "peer"): Accepted {
    const ttlMs = claimant.ttlMs ?? heartbeatDefaults.ttlMs;
    const { entry, registration } = this.#claim(claimant, ttlMs, undefined, "heartbeat");
    entry.load = load;
    this.apply(entry, { kind: "heartbeat", registration });
    if (from === "here") this.heartbeats.post += 1;
    if (from === "here") this.ports.tell({ kind: "heartbeat", beat: peerWorkerOf(registration), load });
    return acceptedOf(entry, Math.max(250, Math.floor(ttlMs / 3)));
  }

  /** A session was opened by a worker's hello. Throws SkeinError when it is refused. */
  openSession(claimant: Claimant, instance: string, end: SessionEnd): OpenSession {
    this.#pacer.grown(this.#sessions + 1);
    const ttlMs = claimant.ttlMs ?? this.#pacer.current.ttlMs;
    const { entry, registration } = this.#claim(claimant, ttlMs, instance, "session");
    if (entry.session === undefined) this.#sessions += 1;
    entry.session = end;
    entry.instance = instance;
    entry.paced = claimant.ttlMs === undefined;
    this.apply(entry, { kind: "session-opened", registration });
    const everyMs = entry.paced ? this.#pacer.current.heartbeatEveryMs : Math.max(250, Math.floor(ttlMs / 3));
    return new OpenSession(this, entry, end, {
      ...acceptedOf(entry, everyMs),
      ...numbersOf(registration),
    });
  }

  /** The session ended without a word (`lost`), or with one. */
  closeSession(entry: Entry, end: SessionEnd, event: WorkerEvent): void {
    if (entry.session !== end) return;
    entry.session = undefined;
    entry.onDraining = undefined;
    this.#sessions -= 1;
    this.apply(entry, event);
  }

  evidence(items: readonly Evidence[], from: "here" | "peer"): void {
    const known = items.filter((item) => {
      const entry = this.#entries.get(item.service, item.id);
      if (entry === undefined) return false;
      const { address, generation } = entry.worker.registration;
      if (address !== item.address || generation !== item.generation) return false;
      this.apply(entry, { kind: "evidence", evidence: item.kind });
      return true;
    });
    if (from === "here" && known.length > 0) this.ports.tell({ kind: "evidence", items: known });
  }

  /** Its watch thread answers nothing: the process stands still. */
  #standsStill(entry: Entry): void {
    if (!this.#entries.has(entry)) return;
    const { service, id, address, generation } = entry.worker.registration;
    this.evidence([{ service, id, address, generation, kind: "stalled" }], "here");
  }

  /** A peer holds a session with this worker; `elsewhere`: one of another gateway. May throw SkeinError. */
  heldByPeer(peer: string, worker: PeerWorker, blocked: boolean, elsewhere: boolean): void {
    const via = elsewhere ? "peer-elsewhere" : "peer";
    const { entry, registration } = this.#claim(worker, worker.ttlMs, undefined, via);
    const where = elsewhere ? ({ elsewhere } as const) : {};
    this.apply(entry, { kind: "peer-session", peer, held: true, blocked, registration, ...where });
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
    session.close("forbidden", "This worker was removed by an operator.", true);
    this.closeSession(entry, session, { kind: "leave" });
  }

  /** A peer knows a life with this generation, which is over: the next one, if it begins here, gets a higher one. */
  generationAtPeer(service: string, id: string, life: { generation: number; begunAtMs?: number }): void {
    this.#entries.bury(service, id, life);
  }

  views(): WorkerView[] {
    const now = this.ports.clock.now();
    return Array.from(this.#entries, (entry) => viewOf(entry, this.hadPast, now));
  }

  /** The workers with this id, of all services or of one. */
  find(id: string, service?: string): WorkerView[] {
    const now = this.ports.clock.now();
    const one = service === undefined ? undefined : this.#entries.get(service, id);
    const found = service === undefined ? this.#entries.withId(id) : one === undefined ? [] : [one];
    return found.map((entry) => viewOf(entry, this.hadPast, now));
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
    const worker = asFound(begun, this.ports.beginnings.now(), this.#settled);
    const { service, id } = worker.registration;
    const known = this.#entries.get(service, id);
    if (known !== undefined) return this.#beginAgain(known, worker, vouched);
    const firstOfService = this.#fleets.counts(service).members === 0;
    const entry = this.#entries.add(worker);
    this.#fleets.joined(worker);
    if (firstOfService) this.#rehead();
    this.#begun(entry, vouched);
    return entry;
  }

  /** It stands in no configuration any more, and goes on as one that joined: with a lease, and counted. */
  release(entry: Entry): void {
    this.#entries.replace(entry, { ...entry.worker, origin: "joined" });
    this.#leases.schedule(entry);
  }

  forget(entry: Entry): void {
    const { worker } = entry;
    const { service } = worker.registration;
    if (!this.#entries.delete(entry)) return;
    this.#fleets.gone(worker);
    this.checker.forget(entry);
    this.publisher.remove(entry);
    if (this.#fleets.counts(service).members === 0) this.#rehead();
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
      if (worker.dead && !before.dead) this.#endSessionOfDead(entry);
    }
    for (const effect of effects) this.#effect(entry, effect);
  }

  #around(worker: Worker, event: WorkerEvent): Surroundings {
    const now = this.ports.clock.now();
    // A beat can only improve things: the fleet need not be asked, 10,000 times a second.
    if (event.kind === "beat") return { now, freshAt: this.#leases.freshAt, ...improving };
    return this.#fleets.around(worker, this.#leases.freshAt, now);
  }

  #effect(entry: Entry, effect: Effect): void {
    const { registration } = entry.worker;
    const { service, id } = registration;
    switch (effect.kind) {
      case "event":
        this.#announcer.changed(entry.worker, effect.event, effect.message);
        return;
      case "probe":
        this.checker.probe(entry, effect.how, effect.afterMs);
        return;
      case "ping":
        this.#pings.ask(entry);
        return;
      case "tell": {
        const { what } = effect;
        if (what === "left" || what === "draining")
          this.ports.tell({ kind: what, service, id, ...numbersOf(registration) });
        else this.#tellSession(entry.worker, what === "held");
        return;
      }
      case "evicted":
        this.#fleets.evicted(service, this.ports.clock.now());
        return;
      case "denied":
        if (this.#fleets.denied(service, this.ports.clock.now())) this.#announcer.preservationOn(service);
        return;
      case "forget":
        this.#announcer.forgotten(entry.worker);
        this.forget(entry);
        return;
    }
  }

  #tellSession(worker: Worker, held: boolean): void {
    const peerWorker = peerWorkerOf(worker.registration);
    this.ports.tell({ kind: "session", worker: peerWorker, held, blocked: worker.blocked });
  }

  #endSessionOfDead(entry: Entry): void {
    const { session } = entry;
    if (session === undefined) return;
    entry.session = undefined;
    this.#sessions -= 1;
    session.close("lease-expired", "Nothing was heard on this session for too long: join again.", false);
  }

  #claim(
    claimant: Claimant,
    ttlMs: number,
    instance: string | undefined,
    via: "session" | "heartbeat" | "peer" | "peer-elsewhere",
  ): { entry: Entry; registration: Registration } {
    const { service, id } = claimant;
    const known = this.#entries.get(service, id);
    const past = known?.past ?? this.#entries.pastOf(service, id);
    const beginsAt = this.ports.beginnings.now();
    const { registration, goesOn } = registrationOf(claimant, { ttlMs, instance, known, past, beginsAt });
    if (goesOn !== undefined) {
      this.#renumber(goesOn, registration);
      return { entry: goesOn, registration };
    }
    const { workersMax } = this.#services;
    if (known === undefined && this.#entries.joined >= workersMax) throw registryFull(workersMax);
    const origin = known?.worker.origin ?? "joined";
    const gate = gateFor(this.checkOf(service), origin, via === "heartbeat" ? via : "session");
    const worker = newWorker(registration, origin, gate, this.ports.clock.now(), known?.worker);
    // A peer speaks only of those that passed their first check there: on the same host.
    return { entry: this.begin(worker, via === "peer"), registration };
  }

  /** The same life under a higher number: another controller knew more of the past than who numbered it first. */
  #renumber(entry: Entry, registration: Registration): void {
    const { worker } = entry;
    entry.past = pastWith(entry.past, registration);
    if (worker.registration.generation === registration.generation) return;
    entry.worker = { ...worker, registration: { ...worker.registration, ...numbersOf(registration) } };
    this.publisher.touch(entry);
  }

  #beginAgain(entry: Entry, worker: Worker, vouched: boolean): Entry {
    const { session } = entry;
    const { generation } = worker.registration;
    this.#fleets.gone(entry.worker);
    this.#entries.replace(entry, worker);
    entry.instance = undefined;
    entry.told = undefined;
    entry.past = pastWith(entry.past, worker.registration);
    this.#fleets.joined(worker);
    this.checker.forget(entry);
    if (session !== undefined) {
      entry.session = undefined;
      entry.onDraining = undefined;
      this.#sessions -= 1;
      session.close(
        "generation-old",
        `A newer life of this worker (generation ${generation}) has joined.`,
        true,
      );
    }
    this.publisher.touch(entry);
    this.#begun(entry, vouched);
    return entry;
  }

  #begun(entry: Entry, vouched: boolean): void {
    this.#announcer.joined(entry.worker);
    this.#override(entry);
    this.publisher.touch(entry);
    if (!vouched) this.checker.consider(entry);
    this.#leases.schedule(entry);
  }

  #override(entry: Entry): void {
    const override = this.#overrides.get(entry.key);
    const weight = override?.weight ?? undefined;
    const drain = override?.drain ?? false;
    if (entry.weight !== weight) {
      entry.weight = weight;
      this.publisher.touch(entry);
    }
    if (entry.worker.drain.operator === drain) return;
    this.apply(entry, { kind: "drain", by: "operator", on: drain });
    entry.session?.desired(drain ? "drain" : "serve");
  }

  #ticked(now: number): void {
    this.checker.tick(now);
    if (now - this.#startedAt >= registryTimes.settleMs) this.settle();
  }

  #rehead(): void {
    const head = this.#services.head(this.#fleets.names());
    if (head !== undefined) this.publisher.replaceHead(head);
  }
}
