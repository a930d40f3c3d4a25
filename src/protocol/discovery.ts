import type { Check, Route } from "./configuration.ts";
import type { ConfigurationValue } from "./evaluation.ts";
import type { ClusterEvent } from "./events.ts";
import type { Load } from "./heartbeat.ts";
import type { Strength, SuspectCause } from "./routing-table.ts";

/** What the control API answers to those who look: `GET /v1/workers`, `/v1/services`, `/v1/routes`, ... */

export interface WorkerView {
  id: string;
  service: string;
  address: string;
  /** host:port: the port of its link, where requests and checks go through that. */
  requestsAt?: string;
  state: "live" | "suspect" | "draining" | "left" | "dead";
  /** Why it is suspect, as a word and as a sentence. */
  cause?: SuspectCause;
  reason?: string;
  generation: number;
  /** How it came here. */
  origin: "configured" | "heartbeat" | "session";
  /** A session with the controller that answers is open. */
  session: boolean;
  weight: number;
  /** What an operator set in place of its own weight; null: nothing. Left out by older controllers. */
  weightSet?: number | null;
  /** What the operators want of it. */
  desired: "serve" | "drain";
  ttlMs: number;
  /** Since the last sign of life that came to this controller; null for configured workers. */
  heardMsAgo: number | null;
  stateForMs: number;
  /** Or longer: the cluster was there before all controllers that run, and none of them saw this state begin. */
  stateForAtLeast?: true;
  version?: string;
  zone?: string;
  tags: readonly string[];
  metadata: Readonly<Record<string, string>>;
  load: Load;
}

/** `GET /v1/workers` (`?service=`, `?state=` narrow it); `GET /v1/workers/{id}` answers `{ v, worker }`. */
export interface WorkersReply {
  v: 1;
  workers: WorkerView[];
}

export interface WorkerReply {
  v: 1;
  worker: WorkerView;
}

/** What somebody needs who calls the workers of a service without a gateway between. */
export interface DiscoveredWorker {
  id: string;
  /** host:port, an IP address and a port. */
  address: string;
  state: "live" | "suspect" | "draining";
  /** Of a suspect: whether the evidence against it may be overridden when too few are live. */
  strength?: Strength;
  weight: number;
  /** Left out by older controllers. */
  backup?: true;
  zone?: string;
  version?: string;
  /** For its certificate, where the service speaks TLS. */
  serverName?: string;
}

/** Frames of `GET /v1/workers?service=NAME&watch=1`: one JSON text per line. */
export type WorkersFrame =
  /** `secure`: the workers speak TLS. While not `settled`, a worker that is not told of may be there all the same. */
  | {
      kind: "full";
      v: 1;
      service: string;
      settled: boolean;
      secure: boolean;
      workers: DiscoveredWorker[];
    }
  /** `removals`: by id. */
  | { kind: "delta"; settled: boolean; upserts: DiscoveredWorker[]; removals: string[] }
  /** Sent every 500 ms without news. Silence for 1.5 s: go to another controller. */
  | { kind: "alive" };

export interface ServiceView {
  name: string;
  /** False: nobody configured it, its workers joined by themselves. */
  configured: boolean;
  policy: string;
  check: Check;
  workers: { total: number; live: number; suspect: number; draining: number; left: number; dead: number };
  /** Silence takes no worker of it out at this moment: too many fell silent at once. */
  preserving: boolean;
}

export interface ServicesReply {
  v: 1;
  services: ServiceView[];
}

export interface RoutesReply {
  v: 1;
  /** Of the configuration in the store. */
  revision: number;
  routes: Route[];
}

/** `GET /v1/routes/explain`: for each route, in the order of precedence, whether it would take a request. */
export interface RouteExplanationReply {
  v: 1;
  /** Name of the one that takes it; null: none does. */
  route: string | null;
  /** Where it sends it: to one of these, by their weights. */
  to: RouteDestination[];
  /** `later`: it fits, but one before it was chosen. `reasons`: why not, in words. */
  routes: { name: string; verdict: "chosen" | "later" | "no"; reasons: readonly string[] }[];
}

export interface RouteDestination {
  service: string;
  subset?: string;
  /** Of a subset: who stands in while none of it may be chosen, in this order; at last `any` worker, or `none`. */
  otherwise?: readonly string[];
  /** Of a subset: it, or who stands in for it now; `none`: nobody serves. Unset: of the workers nothing is known. */
  servedBy?: string;
}

export interface ControllerView {
  name: string;
  instance: string;
  /** Its own address; sessions go there. */
  url: string;
  role: "leader" | "standby";
  /** The highest term that it has told or seen. */
  term: number;
  /** The one that answers. */
  self: boolean;
}

export interface ControllersReply {
  v: 1;
  term: number;
  /** Name of the leading controller, null while there is none. */
  leader: string | null;
  controllers: ControllerView[];
}

/** `GET /v1/store`: how the store is, as the controller that answers sees it. */
export interface StoreReply {
  v: 1;
  /** Where it is, for people. */
  place: string;
  /**
   * `failing`: it does not answer. `damaged`: others removed or changed records. `held`: it was replaced or set back, and an
   * operator has to decide. Except when sound, the last known state stays in force.
   */
  condition: "sound" | "failing" | "damaged" | "held";
  /** What is the matter, as a sentence; null when it is sound. */
  what: string | null;
}

/** `GET /v1/config`: what this gateway was started or reloaded with. */
export interface ConfigReply {
  v: 1;
  /** Null: there is none, or the gateway was given its values by a program. */
  file: string | null;
  /** It is what the store has, but for the files that each host has itself; else another gateway's services and routes count. */
  inForce: boolean;
  values: ConfigurationValue[];
}

/** `GET /v1/events?after=ID` without `Accept: text/event-stream`. */
export interface EventsReply {
  v: 1;
  events: ClusterEvent[];
}
