/** What a proxy learned at first hand about a worker. */
export type EvidenceKind =
  /** Connect refused: nobody listens. Hard. */
  | "refused"
  /** Connection reset or closed by the worker's kernel with requests on it. Hard. */
  | "reset"
  /** Connect timed out. Soft. */
  | "connect-timeout"
  /** Two or more requests outstanding and no byte for too long. Soft, but returns only by an answered byte. */
  | "stalled"
  /** A request waits and no byte comes: no verdict yet. Who holds its session asks whether its process runs. */
  | "silent"
  /** Too many failed answers. Soft. */
  | "failing"
  /** It answered after having been out. */
  | "answered";

export interface Evidence {
  service: string;
  id: string;
  address: string;
  generation: number;
  kind: EvidenceKind;
}

/** `POST /v1/evidence` by a proxy; batched, at most every 10 ms. */
export interface EvidenceReport {
  v: 1;
  proxy: string;
  items: Evidence[];
}

/** `POST /v1/statistics` by a proxy, each second: counters since its start, so that a lost report loses nothing. */
export interface StatisticsReport {
  v: 1;
  proxy: string;
  /** Changes when the proxy process is replaced: counters start at zero. */
  instance: string;
  /** It accepts no more, and ends: its silence is no alarm. Left out by older proxies. */
  leaving?: boolean | undefined;
  connections: { open: number; accepted: number; refused: number };
  /** Requests by service and outcome. */
  services: Record<string, ServiceStatistics>;
  /** Answers by the name of the route; left out by older proxies. At most `routesReportedMax`. */
  routes?: Record<string, AnswerStatistics> | undefined;
  /** Of the workers that it knows, those that were asked; left out by older proxies. At most `workersReportedMax`. */
  workers?: WorkerStatistics[] | undefined;
  /** How many of those that were asked are not among `workers`. */
  workersLeftOut?: number | undefined;
  /** The gateway's own answers by code of the problem table. */
  problems: Record<string, number>;
  retries: { taken: number; denied: number };
  /** Links to workers; left out by older proxies. `failed`: could not be opened. `requests`: that went over one. */
  links?: { open: number; failed: number; requests: number } | undefined;
  /** Of the proxy's process. */
  process?: ProcessStatistics | undefined;
  /** The table by which it goes; left out by older proxies, and before the first. */
  table?: TableStatistics | undefined;
  /** Worker connections destroyed instead of reused, by cause. */
  poisoned: Record<string, number>;
  /** Left out by older proxies. */
  tls?: TlsStatistics | undefined;
  traces?: TraceStatistics | undefined;
}

/** Spans by what became of them; batches that were offered again; requests whose spans found no room. */
export interface TraceStatistics {
  delivered: number;
  rejected: number;
  lost: number;
  retried: number;
  dropped: number;
}

export interface ProcessStatistics {
  heapBytes: number;
  /** Deadlines that it keeps. */
  deadlines: number;
  /** Since its start; left out by older proxies, as what follows. */
  upMs?: number | undefined;
  /** Of the worst second of the last 15. */
  loopDelayP99Ms?: number | undefined;
}

export interface TableStatistics {
  term: number;
  revision: number;
  sequence: number;
  /** Since a controller last said that it is in force: it says so every 500 ms. */
  heardMsAgo: number;
}

export interface TlsStatistics {
  /** Handshakes that are under way. */
  pending: number;
  /** Done with clients. */
  handshakes: number;
  /** Of these: without a key exchange by certificate, as the session was known. */
  resumed: number;
  /** Came to nothing, by cause. */
  failed: Record<string, number>;
  /** With workers, came to nothing: by the code of the TLS library. */
  workersFailed: Record<string, number>;
  certificates: {
    file: string;
    /** Seconds since 1970; 0: none is in use. */
    notAfter: number;
    /** The files do not fit, and older content is in use, or none. */
    faulty: boolean;
  }[];
}

export interface AnswerStatistics {
  /** By class of status: index 0 = 1xx ... 4 = 5xx. */
  byStatusClass: number[];
  /** Counts per bucket of `latencyBucketsMs`, then one for everything above. */
  latency: number[];
  latencySumMs: number;
}

/** What became of requests for which no worker was free. */
export interface OverloadStatistics {
  /** Now. */
  waiting: number;
  waited: number;
  /** Of those that went on to a worker. */
  waitedMs: number;
  /** Refused: no place in the queue, displaced from it, waited for too long, or over a rate. */
  shed: number;
  /** Workers with an adaptive limit now, and the sum of their limits. */
  limitedWorkers: number;
  limit: number;
}

/** The answer to a report. */
export interface StatisticsReply {
  v: 1;
  /** Proxies among which limits by rate are divided. */
  sharers: number;
}

export interface ServiceStatistics extends AnswerStatistics {
  requests: number;
  inFlight: number;
  bytesIn: number;
  bytesOut: number;
  /** Left out by older proxies. */
  overload?: OverloadStatistics | undefined;
}

/** Of one life of a worker, as one proxy saw it. */
export interface WorkerStatistics {
  service: string;
  id: string;
  answers: number;
  /** Of these: class 5xx, or none came. */
  errors: number;
  /** As in ServiceStatistics, from when the request was sent to the worker. */
  latency: number[];
  /** Left out by older proxies. */
  latencySumMs?: number | undefined;
}

/** A report goes on from controller to controller in one frame. */
export const workersReportedMax = 1_000;
export const routesReportedMax = 500;
export const servicesReportedMax = 1_000;

export const latencyBucketsMs = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
