import type { Evidence } from "../protocol/evidence.ts";
import type { ProxySettings, Route } from "../protocol/configuration.ts";
import type { RouteIndex } from "../core/routing/route-index.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Random } from "../runtime/random.ts";
import type { WorkerTrusts } from "../runtime/worker-trusts.ts";
import type { FrameBuffers } from "../link/link.ts";
import type { ClientStream } from "./client/client-stream.ts";
import type { AccessLog } from "./reports/access-log.ts";
import type { IdleExchanges } from "./exchange/idle-exchanges.ts";
import type { AnswerReader } from "./workers/answer-reader.ts";
import type { DialLack } from "../runtime/dial-lack.ts";
import type { RateLimits } from "./exchange/rate-limits.ts";
import type { RequestLog } from "./reports/request-log.ts";
import type { RequestIds } from "../http1/http1.ts";
import type { ServicePool } from "./workers/service-pool.ts";
import type { StickyKeys } from "./workers/sticky-keys.ts";
import type { Spares } from "./spares.ts";
import type { Statistics } from "./reports/statistics.ts";
import type { TimerWheel } from "./timer-wheel.ts";
import type { Tracer } from "./traces/tracer.ts";
import type { TrustedPeers } from "./peer.ts";

/** What a request is judged by: replaced as a whole, never changed. An exchange keeps the one it began with. */
export interface Rules {
  /** False before the first routing table. */
  ready: boolean;
  routes: RouteIndex<Route>;
  settings: ProxySettings;
  trusted: TrustedPeers;
}

/** What the parts of one proxy share. */
export interface Engine {
  /** `proxy-1` */
  readonly name: string;
  /** Where this gateway runs, if it was told. */
  readonly zone: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly wheel: TimerWheel;
  readonly logger: Logger;
  readonly statistics: Statistics;
  readonly requestIds: RequestIds;
  readonly accessLog: AccessLog;
  readonly requestLog: RequestLog;
  /** Unset: traces are off. */
  readonly tracer: Tracer | undefined;
  readonly sendLater: SendLater;
  readonly clientStreams: Spares<ClientStream>;
  readonly answerReaders: Spares<AnswerReader>;
  readonly exchanges: IdleExchanges;
  readonly frameBuffers: FrameBuffers;
  readonly trusts: WorkerTrusts;
  readonly dialLack: DialLack;
  readonly rateLimits: RateLimits;
  readonly stickyKeys: StickyKeys;
  /** Now, as an IMF-fixdate. */
  httpDate(): string;
  /** Told to the controller. */
  evidence(evidence: Evidence): void;
  rules(): Rules;
  pool(service: string): ServicePool;
  /** Proxies of this gateway, this one included: what is allowed once is shared among them. */
  readonly siblings: number;
  /** A settled table has come: who lives is known, not being learned. Stays so. */
  readonly settled: boolean;
  /** Connections are closed after the request that is on them. */
  readonly draining: boolean;
  /** Everything is being ended at once. */
  readonly closed: boolean;
}

/** Something that waits with its write until the sockets have been read. */
export interface LateSender {
  sendNow(): void;
}

/**
 * Holds back what must not be written to a connection that the worker may just have closed: whatever the kernel
 * already knows of such ends is read in this turn, and only then is written. Also what is better written together with
 * what is about to come, and what would else begin within the end of something else. One immediate for all of a turn.
 */
export class SendLater {
  readonly #failed: (error: unknown) => void;
  #waiting: LateSender[] = [];

  /** `failed` is told what one of them throws: the others are not to suffer from it. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  add(sender: LateSender): void {
    this.#waiting.push(sender);
    if (this.#waiting.length === 1) setImmediate(() => this.#release());
  }

  #release(): void {
    const senders = this.#waiting;
    this.#waiting = [];
    for (const sender of senders) {
      try {
        sender.sendNow();
      } catch (error) {
        this.#failed(error);
      }
    }
  }
}
