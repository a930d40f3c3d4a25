import type { ListenOptions, Server } from "node:net";
import { getHeapStatistics } from "node:v8";
import type { Evidence, StatisticsReport } from "../protocol/evidence.ts";
import type { TableFrame } from "../protocol/routing-table.ts";
import type { CertificateState, TicketKey } from "../protocol/supervision.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Random } from "../runtime/random.ts";
import { SaidLately } from "../runtime/said-lately.ts";
import { systemReason } from "../runtime/system-reason.ts";
import { WorkerTrusts } from "../runtime/worker-trusts.ts";
import { FrameBuffers } from "../link/link.ts";
import { ClientStream } from "./client/client-stream.ts";
import { ClientConnections } from "./client/connections.ts";
import {
  type AccessLog,
  type AccessLogLines,
  BatchedAccessLog,
  everyLine,
  newNoAccessLog,
} from "./reports/access-log.ts";
import { AnswerReader } from "./workers/answer-reader.ts";
import { type Engine, type Rules, SendLater } from "./engine.ts";
import { tellFault } from "./exchange/fault.ts";
import { IdleExchanges } from "./exchange/idle-exchanges.ts";
import { RateLimits } from "./exchange/rate-limits.ts";
import { RequestIds } from "../http1/http1.ts";
import { initialRules, rulesOf } from "./table/initial-rules.ts";
import { RequestLog } from "./reports/request-log.ts";
import { Receptions } from "./tls/receptions.ts";
import { DialLack } from "../runtime/dial-lack.ts";
import { Pools } from "./workers/pools.ts";
import type { ServicePool } from "./workers/service-pool.ts";
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
  readonly sendLater = new SendLater((error) => tellFault(this, error));
  readonly clientStreams: Spares<ClientStream> = new Spares(
    () => this.#rules.settings.limits,
    (limits) => new ClientStream(this, limits),
  );
  readonly answerReaders = new Spares(
    () => this.#rules.settings.limits,
    (limits) => new AnswerReader(limits),
  );
  readonly exchanges = new IdleExchanges(this);
  readonly frameBuffers = new FrameBuffers();
  readonly trusts: WorkerTrusts;
  readonly dialLack: DialLack;
  readonly rateLimits = new RateLimits();
  readonly stickyKeys: StickyKeys;
  readonly #tracing: Tracing;
  readonly #instance: string;
  readonly #startedAt: number;
  readonly #loopDelayP99Ms: (() => number) | undefined;
  readonly #evidence: (evidence: Evidence) => void;
  readonly #view = new TableView();
  readonly #pools = new Pools(this);
  #siblings = 1;
  readonly #receptions: Receptions;
  readonly #clients: ClientConnections;
  #accessLog: AccessLog = newNoAccessLog();
  #accessLogTo: false | string = false;
  #rules: Rules = initialRules;
  #draining = false;
  #ended = false;
  #tableHeardAt = -Infinity;
  #dateAt = -Infinity;
  #date = "";

  constructor(options: ProxyOptions) {
    this.name = options.name;
    this.zone = options.zone;
    this.#instance = options.instance;
    this.#startedAt = options.clock.now();
    this.#loopDelayP99Ms = options.loopDelayP99Ms;
    this.clock = options.clock;
    this.random = options.random;
    this.logger = options.logger;
    this.requestIds = new RequestIds(options.instance);
    this.requestLog = new RequestLog(options.name, options.clock);
    this.trusts = new WorkerTrusts(options.clock, options.logger);
    this.dialLack = new DialLack(options.clock, options.logger);
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
      clearIsOver: (listener) => this.#clients.endClear(listener),
    });
    this.#clients = new ClientConnections(this, this.#receptions, options.filesMax);
    const forgive = (): void => {
      for (const pool of this.#pools) pool.watch.forgiveSilence();
    };
    this.wheel = new TimerWheel(options.clock, 20, forgive, (error) => tellFault(this, error));
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
    else if (change.kind === "workers") this.#pools.takeWorkers(change);
    return change;
  }

  #takeFull(change: TableChange & { kind: "full" }): void {
    const { table } = change;
    this.#rules = rulesOf(table);
    this.#clients.limitTo(table.proxy.limits);
    this.rateLimits.configure(table.routes, this.clock.now());
    this.statistics.routesAre(table.routes);
    this.#openAccessLog(table.proxy.accessLog, table.proxy.accessLogLines);
    this.#tracing.configure(table.proxy.traces);
    this.#pools.configure(table);
    this.#receptions.configure(table.proxy.receptions);
    this.#pools.takeWorkers(change);
    this.#pools.forgetAllBut(table);
  }

  #takePart({ table, upserts }: TableChange & { kind: "part" }): void {
    this.#pools.configure(table);
    this.#pools.takeWorkers({ upserts, removals: [] });
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
    return new BatchedAccessLog(to, this.clock, failed);
  }

  // --- What the parts ask ---

  rules(): Rules {
    return this.#rules;
  }

  pool(name: string): ServicePool {
    return this.#pools.of(name);
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
    for (const pool of this.#pools) {
      const service = counted.services[pool.name];
      if (service !== undefined) service.overload = pool.overload();
    }
    const { term, revision, sequence } = this.#view;
    const heardMsAgo = now - this.#tableHeardAt;
    const table = sequence < 0 ? {} : { table: { term, revision, sequence, heardMsAgo } };
    return { ...counted, leaving: this.#draining, ...this.#pools.report(), process, ...table };
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
    for (const pool of this.#pools) pool.takeBudget(this.clock.now());
  }

  /** Of two keys the younger one counts. */
  takeTicketKey(ticketKey: TicketKey): void {
    this.#receptions.takeTicketKey(ticketKey);
  }

  // --- Listening ---

  /** On an address or an inherited descriptor: see `ClientConnections`. */
  listen(options: ListenOptions | { fd: number }, name?: string): Promise<Server> {
    return this.#clients.listen(options, name);
  }

  /**
   * Accepts no more and waits until what is in flight is finished; the rest is cut. Idle connections are ended after
   * `idleMs`: a request that is on its way to one of them would be lost. Told again, only their time changes.
   */
  async drain(withinMs: number, idleMs = 0): Promise<void> {
    if (this.#draining) return this.#clients.endIdle(idleMs);
    this.#draining = true;
    // Who is connected already, and not accepted yet, would be reset.
    await new Promise<void>((resolve) => this.clock.afterPendingInput(resolve));
    this.#clients.endIdle(idleMs);
    await this.#clients.drained(withinMs);
    this.#end();
    await this.#tracing.close(lastSpansMs);
  }

  /** Ends everything at once. */
  close(): void {
    this.#end();
    void this.#tracing.close(0);
  }

  #end(): void {
    this.#draining = true;
    this.#ended = true;
    this.#clients.destroy();
    this.#receptions.stop();
    for (const pool of this.#pools) pool.dispose();
    this.wheel.stop();
    this.#accessLog.close();
  }
}

/** What is left of spans goes out before a proxy ends; longer than this nobody waits for it. */
const lastSpansMs = 2_000;
