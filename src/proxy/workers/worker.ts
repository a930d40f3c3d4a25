import {
  type AdaptiveLimit,
  insideMsOf,
  limitByDefault,
  type LimitRules,
  type LimitSiblings,
  newAdaptiveLimit,
  roomIn,
} from "../../core/admission/adaptive-limit.ts";
import { type Candidate, type Rank, ranks, type Room } from "../../core/balancing/candidate.ts";
import { type Labelled, type Labels, sameLabels } from "../../core/balancing/subsets.ts";
import { newLatency, type Latency } from "../../core/balancing/latency.ts";
import type { HealthView } from "../../core/health/grade.ts";
import { type LocalHealth, newHealth } from "../../core/health/health.ts";
import { isLoopbackHost } from "../../core/registry/address.ts";
import { sealedLink } from "../../core/registry/sealed.ts";
import { newStallWatch, type StallWatch } from "../../core/health/stall.ts";
import type { Service, WorkerTls } from "../../protocol/configuration.ts";
import type { LinkAddress } from "../../protocol/heartbeat.ts";
import type { TableWorker, TableWorkerState } from "../../protocol/routing-table.ts";
import type { Asker } from "../exchange/sides.ts";
import { RecentPeak } from "./recent-peak.ts";
import { WorkerCounters } from "./worker-counters.ts";
import type { WorkerConnection } from "./worker-connection.ts";
import type { WorkerLink } from "../link/worker-link.ts";

/** What one proxy holds of one life of a worker: its row of the table, its connections, and first-hand evidence. */
export class Worker implements Candidate, HealthView, Labelled {
  readonly service: string;
  readonly id: string;
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly generation: number;
  /** Its host's name as configured: for its certificate. */
  readonly serverName: string | undefined;
  /** How it is spoken to; unset: in clear. The same object as long as that does not change. */
  tls: WorkerTls | undefined;
  /** On another host, its service without TLS: everything goes through the port of its link, encrypted by that key. */
  sealedBy: LinkAddress | undefined;
  /** Of its TLS: the next connection goes on from there. */
  ticket: { bytes: Buffer; until: number } | undefined;
  /** Its watch thread can be asked whether the process runs, by the controllers. */
  readonly session: boolean;
  readonly latency: Latency;
  readonly stall: StallWatch;
  state: TableWorkerState;
  weight: number;
  liveSince: number;
  /** Its own, else that of its service. */
  maxInFlight: number | undefined;
  /** The worker's own keep-alive timeout: as registered, or as its answers tell. 0: not told. */
  keepAliveMs: number;
  inFlight = 0;
  /** Of requests that wait for its answers; unset: none was sent yet, or there is to be none. */
  limit: AdaptiveLimit | undefined;
  #limitRules: LimitRules | undefined;
  /** Of `inFlight`: how many idle connections are worth keeping. */
  readonly peak = new RecentPeak();
  /** With its last answer over the link; unset: nothing yet. One object, filled anew. */
  told: { inFlightOfOthers: number; delayMs: number; insideMs: number; at: number } | undefined;
  /** When a packet on the way to it was lost last, as a connect showed: see `WorkerConnection`. */
  lostAt = -Infinity;
  readonly counters = new WorkerCounters();
  health: LocalHealth;
  /** Open connections without a request, the last used at the end. */
  readonly idle: WorkerConnection[] = [];
  /** Of a worker that speaks it. */
  link: WorkerLink | undefined;
  /** Requests on it, in no order. */
  readonly exchanges: Asker[] = [];
  /** The request that finds out whether it is back. */
  canary: Asker | undefined;
  canarySentAt = 0;
  probing = false;
  /** Since when a request waits and nothing has come. */
  quietSince = 0;
  /** Position among the workers where requests wait; the watch's. */
  placeAmongWaiting = -1;
  /** Its service has a check's path, or it has a session. */
  askable = false;
  #ownMaxInFlight: number | undefined;
  labels: Labels;
  #backup: boolean;
  /** By its zone and its service's settings. */
  rank: Rank = ranks.near;
  /** When somebody was last asked about its silence: the controllers, or its check's path. */
  askedAt = -Infinity;
  /** When it answered that question; -Infinity: it got another request since. */
  explainedAt = -Infinity;
  /** When a byte came from it last. */
  heardAt = 0;
  /** When it got its last request that may not be repeated. */
  wroteAt = 0;
  /** The controller was told that it is out, and not yet that it is back. */
  reported = false;
  /** Not in the table any more: connections are closed when their request is done. */
  gone = false;

  constructor(row: TableWorker, now: number) {
    this.service = row.service;
    this.id = row.id;
    this.address = row.address;
    const colon = row.address.lastIndexOf(":");
    this.host = row.address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
    this.port = Number(row.address.slice(colon + 1));
    this.generation = row.generation;
    this.serverName = row.serverName;
    this.session = row.session;
    this.latency = newLatency(now);
    this.stall = newStallWatch(now);
    this.state = row.state;
    this.weight = row.weight;
    this.liveSince = now - row.liveForMs;
    this.#ownMaxInFlight = row.maxInFlight;
    this.labels = labelsOf(row);
    this.#backup = row.backup === true;
    this.maxInFlight = row.maxInFlight;
    this.keepAliveMs = row.keepAliveMs ?? 0;
    this.health = newHealth(now);
  }

  /** What encrypts a connection to it; unset: it is in clear. The same object as long as that does not change. */
  get protection(): WorkerTls | LinkAddress | undefined {
    return this.tls ?? this.sealedBy;
  }

  /** Everybody on the way to it can read and change what is said. */
  get isInPlainText(): boolean {
    return this.protection === undefined && !isLoopbackHost(this.host);
  }

  /**
   * Avoided for its silence only if somebody can be asked whether it lives. Else further requests are what shows a
   * stall: one alone would wait there until its deadline.
   */
  get silentSince(): number {
    return this.askable && this.stall.outstanding > 0 ? this.quietSince : Infinity;
  }

  get room(): Room {
    return this.limit === undefined ? "free" : roomIn(this.limit);
  }

  /** What requests to it are counted by from now on. */
  limitAt(now: number, siblings: LimitSiblings): AdaptiveLimit | undefined {
    if (this.limit === undefined && this.#limitRules !== undefined)
      this.limit = newAdaptiveLimit(this.#limitRules, siblings, now);
    return this.limit;
  }

  /** The same life: its connections and evidence stay. */
  isSameLife(row: TableWorker): boolean {
    return (
      row.address === this.address && row.generation === this.generation && row.serverName === this.serverName
    );
  }

  isWeighedOtherwise(row: TableWorker): boolean {
    return (
      row.weight !== this.weight ||
      row.maxInFlight !== this.#ownMaxInFlight ||
      !sameLabels(row, this.labels) ||
      (row.backup === true) !== this.#backup
    );
  }

  /** `takeSettings` must follow. */
  takeRow(row: TableWorker, now: number): void {
    // Who was blocked is as warm as before; that it may stand still again is in its latency.
    const wasWarm =
      this.state.kind === "live" || (this.state.kind === "suspect" && this.state.cause === "blocked");
    this.state = row.state;
    this.weight = row.weight;
    if (!wasWarm && row.state.kind === "live") this.liveSince = now - row.liveForMs;
    this.#ownMaxInFlight = row.maxInFlight;
    this.labels = labelsOf(row);
    this.#backup = row.backup === true;
    if (row.keepAliveMs !== undefined) this.keepAliveMs = row.keepAliveMs;
  }

  /** Where its link is, and whether requests that go over HTTP/1.1 are encrypted by the link's key as well. */
  takeLink(link: LinkAddress): void {
    const sealedBy = sealedLink(this.host, link);
    if (sealedBy?.port === this.sealedBy?.port && sealedBy?.key === this.sealedBy?.key) return;
    this.sealedBy = sealedBy;
    this.closeIdle();
  }

  /** What its service's settings mean for it, at a gateway of this zone. */
  takeSettings(settings: Service, zone: string | undefined): void {
    const { check, maxInFlight, tls, preferZone } = settings;
    this.#takeLimitRules(limitRulesOf(settings));
    const isFar = preferZone === true && zone !== undefined && this.labels.zone !== zone;
    this.rank = this.#backup ? ranks.backup : isFar ? ranks.far : ranks.near;
    this.askable = check.kind === "http" || this.session;
    this.maxInFlight = this.#ownMaxInFlight ?? maxInFlight;
    if (tls === this.tls) return;
    // Connections from before prove less, or other things: they take no further request.
    this.tls = tls;
    this.ticket = undefined;
    this.closeIdle();
  }

  /** Requests that are on it stay counted by the limit that they were sent under. */
  #takeLimitRules(rules: LimitRules | undefined): void {
    if (rules?.min === this.#limitRules?.min) return;
    this.#limitRules = rules;
    this.limit = undefined;
  }

  /** What the worker says of itself: requests from everywhere, its event loop's delay, and how long requests are with it. */
  tells(inFlight: number, delayMs: number, insideMs: number, now: number): void {
    this.told ??= { inFlightOfOthers: 0, delayMs: 0, insideMs, at: now };
    this.told.inFlightOfOthers = Math.max(0, inFlight - this.inFlight);
    this.told.delayMs = delayMs;
    this.told.insideMs = insideMs;
    this.told.at = now;
  }

  /** How long requests are with it at most. */
  insideMs(now: number): number {
    return insideMsOf(this.told, this.lostAt, now);
  }

  closeIdle(): void {
    while (this.idle.length > 0) this.idle.pop()?.discard();
  }
}

function labelsOf({ version, zone, tags, metadata }: TableWorker): Labels {
  return { version, zone, tags, metadata };
}

/** Configurations written before there was such a limit say nothing of it. */
export function limitRulesOf({ adaptiveLimit = limitByDefault }: Service): LimitRules | undefined {
  return adaptiveLimit === false ? undefined : adaptiveLimit;
}
