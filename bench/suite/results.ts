import type { PeerName } from "./peer-names.ts";

/** CPU time that processes took, all their threads: microseconds in all. */
export interface Cpu {
  user: number;
  system: number;
}

/** Milliseconds from the time at which a request was due, so that a late generator hides nothing. */
export interface Latency {
  p50: number;
  p99: number;
  p999: number;
  max: number;
  /** How late the generator itself was in sending. */
  lateP50: number;
  lateP99: number;
  lateMax: number;
}

export interface Measurement {
  case: string;
  peer: PeerName;
  round: number;
  loop: "closed" | "open";
  connections: number;
  requests: number;
  seconds: number;
  /** The processes that forward, those that answer, and those of a gateway that do neither. */
  proxy: Cpu;
  worker: Cpu;
  others: Cpu;
  /** What anything else used of the proxy's cores: on a quiet machine, nothing. */
  elsewhere: number;
  /** Resident memory of the forwarding processes at the end. */
  rssBytes: number;
  /** The same before the connections of this measurement were opened. */
  rssBeforeBytes: number;
  latency?: Latency;
}

/** What a measurement would have been, had every answer been right. */
export interface Failure {
  case: string;
  peer: PeerName;
  round: number;
  detail: string;
}

/** A case, or a peer, or a peer in one case, that was not measured. */
export interface LeftOut {
  case?: string;
  peer?: PeerName;
  reason: string;
}

export interface PeerFacts {
  version: string;
  /** Fields that it adds to a request, as its worker saw them. */
  adds: string[];
  /** What carried the requests to the workers, where the peer tells. The others speak HTTP/1.1. */
  transport?: string;
}

export interface Machine {
  cpu: string;
  cores: number;
  memoryBytes: number;
  kernel: string;
  node: string;
  openFilesMax: number;
  /** Load average before the run and at its end. The run itself makes about 2. */
  loadBefore: number;
  loadAfter: number;
}

export interface CaseFacts {
  name: string;
  title: string;
  /** Requests a second of the open loop. */
  perSecond?: number;
}

export interface Results {
  v: 1;
  startedAt: string;
  minutes: number;
  /** `-dirty` is added where files differ from it. */
  commit: string;
  arguments: string[];
  rounds: number;
  seconds: number;
  machine: Machine;
  cases: CaseFacts[];
  peers: Partial<Record<PeerName, PeerFacts>>;
  measurements: Measurement[];
  failures: Failure[];
  leftOut: LeftOut[];
}

/** Throws where the text is not the JSON of a run. */
export function readResults(text: string): Results {
  const results = JSON.parse(text) as Partial<Results>;
  if (results.v !== 1 || !Array.isArray(results.measurements) || results.machine === undefined)
    throw new Error("these are no results of a bench run (v 1)");
  return results as Results;
}
