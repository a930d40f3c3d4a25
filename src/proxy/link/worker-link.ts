import type { LinkAddress } from "../../protocol/heartbeat.ts";
import type { Asker } from "../exchange/sides.ts";
import type { Engine } from "../engine.ts";
import { LinkConnection, type LinkEnd, type LinkOwner } from "./link-connection.ts";
import type { LinkStream } from "./link-stream.ts";
import type { Worker } from "../workers/worker.ts";

const retryMs = { first: 100, max: 10_000 } as const;
/** On a way that loses packets each request is better off on a connection of its own: one loss holds up one request. */
const lossyMs = 5_000;

/** What the pool does about a link's end. */
export interface LinkKeeper {
  /** The link of a worker ended by the worker's doing or the network's. */
  linkEnded(worker: Worker, busy: boolean): void;
  /** A ping was answered. */
  linkAnswered(worker: Worker): void;
  /** The worker gives no answer to this request, or no whole one. */
  brokeOff(worker: Worker, lost: Asker): void;
}

/**
 * A proxy's link to one worker, kept open. Where there is none (yet), HTTP/1.1 serves: nothing waits for it.
 *
 *   none --first request--> dialing --greeted--> open
 *     ^                        |                   |
 *     +--- after a while ------+------- ended -----+
 */
export class WorkerLink implements LinkOwner {
  readonly #engine: Engine;
  readonly #keeper: LinkKeeper;
  readonly #worker: Worker;
  #address: LinkAddress;
  #connection: LinkConnection | undefined;
  #failures = 0;
  #retryAt = -Infinity;

  constructor(engine: Engine, keeper: LinkKeeper, worker: Worker, address: LinkAddress) {
    this.#engine = engine;
    this.#keeper = keeper;
    this.#worker = worker;
    this.#address = address;
  }

  /** A stream for this request; undefined: it goes over HTTP/1.1. */
  stream(exchange: Asker): LinkStream | undefined {
    const connection = this.#connection;
    if (connection?.spent === true) this.#succeed();
    else if (connection?.free === true) {
      this.#engine.statistics.links.requests += 1;
      return connection.stream(exchange);
    }
    if (this.#connection === undefined && this.#engine.wheel.now >= this.#retryAt) this.#dial();
    return undefined;
  }

  /** Where the worker is to be found may change within its life: it opened another listener. */
  moveTo(address: LinkAddress): void {
    if (address.port === this.#address.port && address.key === this.#address.key) return;
    this.#address = address;
    this.#succeed();
  }

  /** The next request begins another link; this one ends when those that are on it are over, however long that takes. */
  #succeed(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
  }

  /** Ends the link when the requests on it are over. */
  close(): void {
    this.#connection?.close();
  }

  /** Since when a ping is not answered; Infinity: none is. */
  get silentSince(): number {
    return this.#connection?.silentSince ?? Infinity;
  }

  /** Asks whether bytes still pass. */
  ping(): void {
    this.#connection?.ping();
  }

  /**
   * The worker answers on a new connection: where this one is silent, its packets are lost, and all requests wait for
   * them. Those that come go over HTTP/1.1 for a while, and those that may be repeated to another worker.
   */
  leaveSilent(): void {
    const connection = this.#connection;
    if (connection === undefined || connection.silentSince === Infinity) return;
    this.#connection = undefined;
    this.#retryAt = this.#engine.wheel.now + lossyMs;
    connection.leave();
  }

  /** The worker is out. */
  takeBack(): void {
    this.#connection?.beginLimit.takeBack();
  }

  answered(): void {
    this.#keeper.linkAnswered(this.#worker);
  }

  brokeOff(lost: Asker): void {
    this.#keeper.brokeOff(this.#worker, lost);
  }

  opened(): void {
    this.#failures = 0;
    this.#engine.statistics.links.open += 1;
  }

  ended(connection: LinkConnection, { opened, expected, busy, reason }: LinkEnd): void {
    if (this.#connection === connection) this.#connection = undefined;
    if (opened) this.#engine.statistics.links.open -= 1;
    if (this.#worker.gone) return;
    if (!opened) return this.#failed(reason);
    if (!expected || busy) this.#keeper.linkEnded(this.#worker, busy);
  }

  #failed(reason: string): void {
    const { statistics, logger, wheel } = this.#engine;
    statistics.links.failed += 1;
    if (this.#failures === 0) {
      const { id, service, sealedBy } = this.#worker;
      logger.info(
        { worker: id, service, port: this.#address.port, reason },
        sealedBy === undefined
          ? "no link to this worker; HTTP/1.1 serves"
          : "no link to this worker, whose requests all go through this port",
      );
    }
    this.#retryAt = wheel.now + Math.min(retryMs.max, retryMs.first * 2 ** this.#failures);
    this.#failures += 1;
  }

  #dial(): void {
    const { frameBuffers } = this.#engine;
    this.#connection = new LinkConnection(this.#engine, this, this.#worker, this.#address, frameBuffers);
  }
}
