import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { getHeapStatistics } from "node:v8";
import type { Service } from "../protocol/configuration.ts";
import {
  type Evidence,
  type StatisticsReport,
  workersReportedMax,
  type WorkerStatistics,
} from "../protocol/evidence.ts";
import type { RoutingTable, TableFrame, TableWorker, WorkerKey } from "../protocol/routing-table.ts";
import type { CertificateState, TicketKey } from "../protocol/supervision.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Random } from "../runtime/random.ts";
import { SaidLately } from "../runtime/said-lately.ts";
import { type Member, Slotted } from "../runtime/slotted.ts";
import { systemReason } from "../runtime/system-reason.ts";
import { WorkerTrusts } from "../runtime/worker-trusts.ts";
import { FrameBuffers } from "../link/link.ts";
import { type Accepted, plainlyAccepted } from "./client/accepted.ts";
import {
  type AccessLog,
  type AccessLogLines,
  BatchedAccessLog,
  everyLine,
  newNoAccessLog,
} from "./reports/access-log.ts";
import { AnswerReader } from "./workers/answer-reader.ts";
import { ClientConnection } from "./client/client-connection.ts";
import { type Engine, type Rules, SendLater } from "./engine.ts";
import { IdleExchanges } from "./exchange/idle-exchanges.ts";
import { RateLimits } from "./exchange/rate-limits.ts";
import { Handshake } from "./tls/handshake.ts";
import { RequestIds, RequestParser, writeOwnAnswer } from "../http1/http1.ts";
import { initialRules, rulesOf } from "./table/initial-rules.ts";
import { refusedConnection } from "./reports/refused-record.ts";
import { connectionsMaxWithin } from "./sockets/connections-max.ts";
import { RequestLog } from "./reports/request-log.ts";
import { Receptions, type Welcome } from "./tls/receptions.ts";
import { ServicePool } from "./workers/service-pool.ts";
import { StickyKeys } from "./workers/sticky-keys.ts";
import { Spares } from "./spares.ts";
import { Statistics } from "./reports/statistics.ts";
import { type TableChange, TableView } from "./table/table-view.ts";
import { TimerWheel } from "./timer-wheel.ts";
import type { Tracer } from "./traces/tracer.ts";
import { Tracing } from "./traces/tracing.ts";

export interface ProxyOptions {
  /** `proxy-1`: as the supervisor named it. */
  name: string;
  /** Where the gateway runs: workers of the same zone may go first. */
  zone?: string | undefined;
  /** One life of this proxy. */
  instance: string;
  /** Where the gateway keeps its key of sticky cookies; unset: one of this proxy's own. */
  stickyKeyFile?: string | undefined;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** What was learned of a worker; to be told to the controller. */
  evidence(evidence: Evidence): void;
  /** What came of reading the certificates that the table names. */
  certificatesRead?(states: CertificateState[]): void;
  /** How many files this process may have open. Default: no limit. */
  filesMax?: number | undefined;
  /** How late this process comes to what is due; unset: nobody measures it. */
  loopDelayP99Ms?: () => number;
}

/** A connection from a client, before and after its handshake. */
interface ClientSocket extends Member {
  drain(): void;
  destroy(): void;
}

/**
 * One data plane: listens, and forwards by the routing table that it is given frame by frame. It knows no
 * controller and no supervisor, and goes on with its last table whatever happens to them.
 */
export class Proxy implements Engine {
  readonly name: string;
  readonly zone: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly wheel: TimerWheel;
  readonly statistics = new Statistics();
  readonly requestIds: RequestIds;
  readonly requestLog: RequestLog;
  readonly sendLater = new SendLater();
  readonly requestParsers = new Spares(
    () => this.#rules.settings.limits,
    (limits) => new RequestParser(limits),
  );
  readonly answerReaders = new Spares(
    () => this.#rules.settings.limits,
    (limits) => new AnswerReader(limits),
  );
  readonly exchanges = new IdleExchanges(this);
  readonly frameBuffers = new FrameBuffers();
  readonly trusts: WorkerTrusts;
  readonly rateLimits = new RateLimits();
  readonly stickyKeys: StickyKeys;
  readonly #tracing: Tracing;
  readonly #instance: string;
  readonly #startedAt: number;
  readonly #loopDelayP99Ms: (() => number) | undefined;
  readonly #evidence: (evidence: Evidence) => void;
  readonly #view = new TableView();
  readonly #pools = new Map<string, ServicePool>();
  #siblings = 1;
  readonly #receptions: Receptions;
  readonly #connections = new Slotted<ClientSocket>();
  readonly #servers: Server[] = [];
  #accessLog: AccessLog = newNoAccessLog();
  #accessLogTo: false | string = false;
  #rules: Rules = initialRules;
  readonly #filesMax: number;
  #connectionsMax: number;
  #connectionsWanted = 0;
  #draining = false;
  #ended = false;
  #drained: (() => void) | undefined;
  #tableHeardAt = -Infinity;
  #dateAt = -Infinity;
  #date = "";

  constructor(options: ProxyOptions) {
    this.name = options.name;
    this.zone = options.zone;
    this.#instance = options.instance;
    this.#startedAt = options.clock.now();
    this.#filesMax = options.filesMax ?? Infinity;
    this.#connectionsMax = connectionsMaxWithin(this.#filesMax, initialRules.settings.limits.connectionsMax);
    this.#loopDelayP99Ms = options.loopDelayP99Ms;
    this.clock = options.clock;
    this.random = options.random;
    this.logger = options.logger;
    this.requestIds = new RequestIds(options.instance);
    this.requestLog = new RequestLog(options.name, options.clock);
    this.trusts = new WorkerTrusts(options.clock, options.logger);
    this.stickyKeys = new StickyKeys(options.stickyKeyFile, options.logger);
    this.#tracing = new Tracing({
      clock: options.clock,
      random: options.random,
      logger: options.logger,
      counters: this.statistics.traces,
      resource: { "service.instance.id": `${options.name}/${options.instance}` },
    });
    this.#evidence = (evidence) => options.evidence(evidence);
    this.#receptions = new Receptions({
      clock: options.clock,
      logger: options.logger,
      certificatesRead: (states) => {
        this.statistics.tls.certificates = states.map(({ file, notAfter, fault }) => {
          return { file, notAfter, faulty: fault !== null };
        });
        options.certificatesRead?.(states);
      },
    });
    this.wheel = new TimerWheel(options.clock, 20, () => {
      for (const pool of this.#pools.values()) pool.watch.forgiveSilence();
    });
  }

  // --- The table ---

  /** The highest seen: an older one is refused. */
  get tableIdentity(): { term: number; revision: number } {
    return { term: this.#view.term, revision: this.#view.revision };
  }

  /** A new table stream begins: its first frame must be a full table. */
  beginTableStream(): void {
    this.#view.beginStream();
  }

  /** `refused`: leave the stream. */
  take(frame: TableFrame): TableChange {
    const change = this.#view.accept(frame);
    if (change.kind !== "refused") this.#tableHeardAt = this.clock.now();
    if (change.kind === "full") this.#takeFull(change);
    else if (change.kind === "part") this.#takePart(change);
    else if (change.kind === "workers") this.#takeWorkers(change);
    return change;
  }

  #takeFull(change: TableChange & { kind: "full" }): void {
    const { table } = change;
    this.#rules = rulesOf(table);
    this.#limitConnections(table.proxy.limits.connectionsMax);
    this.rateLimits.configure(table.routes);
    this.#openAccessLog(table.proxy.accessLog, table.proxy.accessLogLines);
    this.#tracing.configure(table.proxy.traces);
    this.#configureServices(table);
    this.#receptions.configure(table.proxy.receptions);
    this.#takeWorkers(change);
    for (const [name, pool] of this.#pools) {
      if (pool.workers.size > 0 || Object.hasOwn(table.services, name)) continue;
      this.#pools.delete(name);
      pool.dispose();
    }
  }

  #takePart({ table, upserts }: TableChange & { kind: "part" }): void {
    this.#configureServices(table);
    this.#takeWorkers({ upserts, removals: [] });
  }

  #configureServices({ services }: RoutingTable): void {
    for (const settings of Object.values(services)) {
      const pool = this.#pools.get(settings.name);
      if (pool === undefined) this.#pools.set(settings.name, new ServicePool(this, settings));
      else pool.configure(settings);
    }
  }

  #takeWorkers({ upserts, removals }: { upserts: TableWorker[]; removals: WorkerKey[] }): void {
    const changes = new Map<string, { upserts: TableWorker[]; removals: string[] }>();
    const changesOf = (service: string): { upserts: TableWorker[]; removals: string[] } => {
      const known = changes.get(service);
      if (known !== undefined) return known;
      const fresh = { upserts: [], removals: [] };
      changes.set(service, fresh);
      return fresh;
    };
    for (const row of upserts) changesOf(row.service).upserts.push(row);
    for (const { service, id } of removals) changesOf(service).removals.push(id);
    for (const [service, change] of changes) this.pool(service).update(change.upserts, change.removals);
  }

  #limitConnections(wanted: number): void {
    if (wanted === this.#connectionsWanted) return;
    this.#connectionsWanted = wanted;
    this.#connectionsMax = connectionsMaxWithin(this.#filesMax, wanted);
    if (this.#connectionsMax === wanted) return;
    this.logger.warn(
      { openFiles: this.#filesMax, "limits.connections": wanted, connections: this.#connectionsMax },
      "fewer client connections are taken than limits.connections, as this process may open too few files: raise `ulimit -n` (LimitNOFILE=)",
    );
  }

  #openAccessLog(to: false | string, lines: AccessLogLines = everyLine): void {
    if (to !== this.#accessLogTo) {
      this.#accessLogTo = to;
      this.#accessLog.close();
      this.#accessLog = this.#newAccessLog(to);
    }
    this.#accessLog.lines = lines;
  }

  #newAccessLog(to: false | string): AccessLog {
    if (to === false) return newNoAccessLog();
    const said = new SaidLately(this.clock);
    const failed = (error: unknown): void => {
      const reason = systemReason(error);
      if (said.mayBeSaid(reason))
        this.logger.error({ accessLog: to, reason }, "the access log cannot be written");
    };
    try {
      return new BatchedAccessLog(to, this.clock, failed);
    } catch (error) {
      failed(error);
      return newNoAccessLog();
    }
  }

  // --- What the parts ask ---

  rules(): Rules {
    return this.#rules;
  }

  /** Of a service that the table does not know (a route to nowhere): a pool without workers. */
  pool(name: string): ServicePool {
    let pool = this.#pools.get(name);
    if (pool === undefined) {
      pool = new ServicePool(this, { ...unknownService, name });
      this.#pools.set(name, pool);
    }
    return pool;
  }

  get accessLog(): AccessLog {
    return this.#accessLog;
  }

  get tracer(): Tracer | undefined {
    return this.#tracing.tracer;
  }

  get settled(): boolean {
    return this.#view.everSettled;
  }

  get draining(): boolean {
    return this.#draining;
  }

  get closed(): boolean {
    return this.#ended;
  }

  evidence(evidence: Evidence): void {
    this.#evidence(evidence);
  }

  httpDate(): string {
    const { now } = this.wheel;
    if (now - this.#dateAt >= 1000) {
      this.#dateAt = now;
      this.#date = new Date(this.clock.wallTime()).toUTCString();
    }
    return this.#date;
  }

  report(): StatisticsReport {
    const now = this.clock.now();
    const process = {
      heapBytes: getHeapStatistics().used_heap_size,
      deadlines: this.wheel.size,
      upMs: now - this.#startedAt,
      loopDelayP99Ms: this.#loopDelayP99Ms?.(),
    };
    const counted = this.statistics.report(this.name, this.#instance);
    for (const [name, pool] of this.#pools) {
      const service = counted.services[name];
      if (service !== undefined) service.overload = pool.overload();
    }
    const { term, revision, sequence } = this.#view;
    const heardMsAgo = now - this.#tableHeardAt;
    const table = sequence < 0 ? {} : { table: { term, revision, sequence, heardMsAgo } };
    return { ...counted, workers: this.#workersAsked(), process, ...table };
  }

  #workersAsked(): WorkerStatistics[] {
    return [...this.#pools.values()]
      .flatMap((pool) => [...pool.workers.values()])
      .filter(({ counters }) => counters.answers > 0)
      .slice(0, workersReportedMax)
      .map(({ service, id, counters }) => counters.report(service, id));
  }

  /** One for all proxies of a gateway; undefined: nobody has told it yet. */
  get ticketKey(): TicketKey | undefined {
    return this.#receptions.ticketKey;
  }

  get siblings(): number {
    return this.#siblings;
  }

  /** So many proxies are to run in this gateway. */
  takeSiblings(proxies: number): void {
    if (proxies === this.#siblings || !(proxies >= 1)) return;
    this.#siblings = proxies;
    for (const pool of this.#pools.values()) pool.takeBudget(this.clock.now());
  }

  /** Of two keys the younger one counts. */
  takeTicketKey(ticketKey: TicketKey): void {
    this.#receptions.takeTicketKey(ticketKey);
  }

  // --- Listening ---

  /**
   * Accepts connections on an address or an inherited descriptor. `name`: of the listener in the configuration; this
   * waits until the routing table tells what its clients find, and its certificates are read. Without: plain HTTP.
   */
  async listen(options: ListenOptions | { fd: number }, name?: string): Promise<Server> {
    if (name !== undefined) await this.#receptions.whenReady(name);
    // Half-open clients are not waited for: an end from the client means that it is gone.
    const server = createServer({ noDelay: true }, (socket) =>
      this.#accept(socket, (name === undefined ? undefined : this.#receptions.of(name)) ?? plainWelcome),
    );
    if (this.#draining) return server;
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ backlog: 1024, ...options }, () => {
        server.off("error", reject);
        server.on("error", (error) =>
          this.logger.error({ error: String(error) }, "accepting connections failed"),
        );
        resolve(server);
      });
    });
  }

  #accept(socket: Socket, welcome: Welcome): void {
    const { connections } = this.statistics;
    if (this.#connections.size >= this.#connectionsMax) {
      connections.refused += 1;
      this.statistics.problem("too-many-connections");
      socket.on("error", () => {});
      // Before a handshake there is no way to say why, and one more is what cannot be afforded now.
      if (welcome.kind === "https") return void socket.destroy();
      const { status, fields, body } = refusedConnection(this, socket, "tooManyConnections");
      socket.end(writeOwnAnswer({ status, fields, body, keepAlive: false, headOnly: false }), "latin1", () =>
        socket.destroy(),
      );
      return;
    }
    // A client that is gone already has no address any more.
    if (socket.destroyed || socket.remoteAddress === undefined) {
      socket.on("error", () => {});
      socket.destroy();
      return;
    }
    connections.accepted += 1;
    connections.open += 1;
    if (welcome.kind === "https") {
      this.#connections.add(new Handshake(this, socket, welcome, (...ended) => this.#shakenHands(...ended)));
    } else this.#serve(plainlyAccepted(socket, welcome.kind === "redirect" ? welcome.port : 0));
  }

  #shakenHands(handshake: Handshake, accepted: Accepted | undefined): void {
    if (accepted === undefined) return this.#closed(handshake);
    this.#connections.delete(handshake);
    this.#serve(accepted);
  }

  #serve(accepted: Accepted): void {
    this.#connections.add(new ClientConnection(this, accepted, this.#closed));
  }

  /** One for all connections. */
  readonly #closed = (connection: ClientSocket): void => {
    if (!this.#connections.delete(connection)) return;
    this.statistics.connections.open -= 1;
    if (this.#draining && this.#connections.size === 0) this.#drained?.();
  };

  /**
   * Accepts no more and waits until what is in flight is finished; the rest is cut. Idle connections are ended after
   * `idleMs`: a request that is on its way to one of them would be lost. Told again, only their time changes.
   */
  async drain(withinMs: number, idleMs = 0): Promise<void> {
    if (this.#draining) return this.#endIdle(idleMs);
    this.#draining = true;
    // Who is connected already, and not accepted yet, would be reset.
    await new Promise<void>((resolve) => this.clock.afterPendingInput(resolve));
    this.#endIdle(idleMs);
    for (const server of this.#servers) server.close();
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
      this.clock.after(withinMs, resolve);
    });
    if (this.#connections.size > 0) await drained;
    this.#end();
    await this.#tracing.close(lastSpansMs);
  }

  #endIdle(afterMs: number): void {
    const end = (): void => {
      for (const connection of this.#connections.all()) connection.drain();
    };
    if (afterMs === 0) end();
    else this.clock.after(afterMs, end);
  }

  /** Ends everything at once. */
  close(): void {
    this.#end();
    void this.#tracing.close(0);
  }

  #end(): void {
    this.#draining = true;
    this.#ended = true;
    for (const server of this.#servers) server.close();
    for (const connection of this.#connections.all()) connection.destroy();
    this.#receptions.stop();
    for (const pool of this.#pools.values()) pool.dispose();
    this.wheel.stop();
    this.#accessLog.close();
  }
}

/** What is left of spans goes out before a proxy ends; longer than this nobody waits for it. */
const lastSpansMs = 2_000;
const plainWelcome: Welcome = { kind: "http" };

const unknownService: Service = {
  name: "",
  workers: [],
  check: { kind: "none" },
  policy: "least-wait",
  slowStartMs: 0,
  queue: { max: 1_000, waitMs: 3_000 },
  drainMs: 30_000,
};
