import type { Accepted, RegistrationRequest, SessionSocket, SessionTaken } from "./registration.ts";
import type {
  ConfigReply,
  ControllersReply,
  RoutesReply,
  ServicesReply,
  StoreReply,
  WorkerView,
} from "../protocol/discovery.ts";
import type { ClusterEvent } from "../protocol/events.ts";
import type { Evidence, StatisticsReport } from "../protocol/evidence.ts";
import type { Load } from "../protocol/heartbeat.ts";
import type { ProxyAnswer, RequestsFound, RequestsWanted } from "../protocol/requests.ts";
import type { RoutingTable, TableFrame } from "../protocol/routing-table.ts";
import type { AddedSecret, StoredToken } from "../protocol/join-token.ts";
import type { PeerAnswer, PeerRequest } from "../protocol/peer.ts";
import type { RegistrationSettings } from "./address-rules.ts";
import type { GuardSettings } from "./guard.ts";
import type { ScrapedController } from "./prometheus-targets.ts";

/** What a reader of the routing table gets of it. */
export interface TableWants {
  /** It may open links to the workers, and is told their keys. */
  opensLinks: boolean;
  /** At most so many workers, or routes, in one line; unset: a whole table in one. */
  rowsMax?: number | undefined;
}

export type MetricsPart = "controller" | "gateway";

/** Everything that the control API does, given by the controller: this folder decides nothing about the cluster. */
export interface ControlPorts {
  /** Instance of this controller. */
  controller: string;
  /** Its own address, and those of all controllers. */
  url(): string;
  controllerUrls(): string[];
  term(): number;
  guard(): GuardSettings;
  registration(): RegistrationSettings;
  /** Counts a worker among those that came by the join token of this id. False: there are too many. */
  takeShare(token: string, worker: { service: string; id: string }): boolean;
  /** May throw SkeinError. */
  heartbeat(request: RegistrationRequest, load: Load): Accepted;
  openSession(request: RegistrationRequest, instance: string, socket: SessionSocket): SessionTaken;
  workers(): WorkerView[];
  find(id: string, service?: string): WorkerView[];
  /** The last that is known of it: it left, or was removed. */
  hasLeft(service: string, id: string): boolean;
  /** Workers of this id for which an operator's drain or weight stands, registered or not. */
  overridden(id: string, service?: string): { service: string; id: string }[];
  services(): ServicesReply;
  routes(): RoutesReply;
  controllers(): ControllersReply;
  config(): ConfigReply;
  evidence(items: readonly Evidence[], from: "here" | "elsewhere"): void;
  /** Gives among how many proxies limits by rate are divided. May throw SkeinError: from elsewhere nobody tells of a proxy of this gateway. */
  statistics(report: StatisticsReport, from: "here" | "elsewhere"): number;
  /** The latest of every proxy that serves, or may. */
  reports(): StatisticsReport[];
  /** `opensLinks`: as in TableWants. */
  table(opensLinks: boolean): RoutingTable | undefined;
  /** Lines of NDJSON; the whole table first. */
  subscribeTable(frame: (line: string) => void, wants: TableWants): () => void;
  /** The same as values, each table whole. With links: not for everybody's eyes. */
  listenTable(take: (frame: TableFrame) => void): () => void;
  /** The reader of a table stream answers questions: `write` gives it a line. */
  listenQuestions(write: (line: string) => void): () => void;
  /** False: nobody asked this, or it was answered already. */
  answered(answer: ProxyAnswer): boolean;
  /** Asks the proxies of this controller, and with `everywhere` all other controllers for those of theirs. */
  requests(wanted: RequestsWanted, everywhere: boolean): Promise<RequestsFound>;
  /** A proxy told the highest (term, revision) that it has seen: older tables would be refused by it. */
  sawTable(seen: { term: number; revision: number }, from: "here" | "elsewhere"): void;
  events(afterId: number, limit: number): Promise<ClusterEvent[]>;
  lastEventId(): number;
  onEvents(changed: () => void): () => void;
  /** Where operators' writes go at this moment. */
  leadership():
    | { kind: "here" }
    | { kind: "elsewhere"; ask(request: PeerRequest): Promise<PeerAnswer> }
    /** A controller of another gateway leads, and this one has no way to it at this moment. */
    | { kind: "beyond"; leader: { name: string; url: string } | undefined }
    | { kind: "nobody" };
  /** Writes of the leader; reject with SkeinError. */
  drain(service: string, id: string, on: boolean): Promise<void>;
  weigh(service: string, id: string, weight: number | null): Promise<void>;
  remove(service: string, id: string): Promise<void>;
  /** Writes one, in place of the one with its id. */
  putToken(token: StoredToken): Promise<void>;
  /** Gives the one that stands then a further secret; rejects where it stands no longer. */
  rotateToken(id: string, added: AddedSecret): Promise<void>;
  revokeToken(id: string): Promise<void>;
  store(): StoreReply;
  /** An operator's word about a store that is held, to this controller. Rejects with SkeinError. */
  decideStore(word: "adopt" | "republish"): Promise<void>;
  /** Undefined: ready to serve; else why not. */
  notReady(): string | undefined;
  /** The controllers of all gateways, as far as they can be reached from here. */
  scraped(): ScrapedController[];
  /** Of this process, of its gateway, or both. */
  metrics(part?: MetricsPart): string;
  log(fields: object, message: string): void;
}
