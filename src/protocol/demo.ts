/**
 * Between the demo and the dashboard: `/v1/demo`, and beneath it `faults` and `heal`. No gateway speaks these words: the demo
 * serves them itself, beside a dashboard that it passes on, and says so on the live stream.
 */

/** A header of `GET /v1/live`, where the demo answers and breaks things on demand. */
export const demoHeader = "x-skein-demo";

/** Something that can be broken. */
export interface DemoFault {
  name: string;
  on: "worker" | "gateway";
  /** On its button, and what it is. */
  verb: string;
  effect: string;
  /** What the gateway notices, for which `noticedMs` is the time. */
  noticed: string;
  /** What ends it before its time; unset: nothing does. */
  undo?: string;
}

/** What the demo's own clients saw since the fault, of an open-loop load. */
export interface DemoClients {
  requests: number;
  /** Sent, and neither answered nor given up. */
  waiting: number;
  answered: number;
  /** Refused, reset, timed out, or answered with an error, without an excuse. */
  failed: number;
  /** On a connection that a killed or stopped proxy had accepted. */
  onLostProxy: number;
  /** POSTs that had reached the killed worker, and were told that nobody knows. */
  outcomeUnknown: number;
  /** Answered after more than a second. */
  late: number;
  slowestMs: number;
  /** POSTs that were executed twice, by the workers' own ledgers; known when all is over. */
  executedTwice?: number;
}

/** What became of the worker's share of the requests. */
export interface DemoChoice {
  /** Requests that a proxy sent to it while the fault held. */
  sent: number;
  /** From the fault to the last of them. */
  lastMs: number;
}

/**
 *   holds --its time is up, undone--> mends --the cluster is whole, every request has its end--> over
 */
export interface DemoOutcome {
  /** Grows by one with each. */
  number: number;
  fault: string;
  /** The worker that was hit. */
  worker?: string;
  /** ISO 8601. */
  at: string;
  stage: "holds" | "mends" | "over";
  /** Until it is undone by itself, by the demo's clock. */
  holdsForMs?: number;
  clients: DemoClients;
  noticedMs?: number;
  choice?: DemoChoice;
  /** From the undoing (where there is none: from the fault) until nothing was missing. */
  wholeMs?: number;
  /** What was not as it should be. */
  complaints: string[];
}

/** `GET /v1/demo`. */
export interface DemoReply {
  v: 1;
  /** Of the load. */
  requestsPerSecond: number;
  faults: DemoFault[];
  workers: string[];
  /** The newest first. */
  outcomes: DemoOutcome[];
}

/** `POST /v1/demo/faults`: breaks something. */
export interface DemoBreak {
  fault: string;
  worker?: string | undefined;
}
