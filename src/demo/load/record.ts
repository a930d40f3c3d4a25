/** What became of one request, as its client saw it. Times are monotonic milliseconds of the host. */
export interface RequestRecord {
  id: string;
  method: "GET" | "POST";
  /** When the arrival schedule wanted it sent: latency counts from here, so that a late generator hides nothing. */
  scheduledAt: number;
  sentAt: number;
  endedAt: number;
  /** When the client began to open the connection that carried it. */
  connectionOpenedAt: number;
  outcome: Outcome;
}

export type Outcome =
  /** `reason`: the header `x-skein-reason`, where the gateway itself answered. `worker`: who says it executed it. */
  | { kind: "answered"; status: number; reason?: string; worker?: string }
  /** The connection could not be opened. */
  | { kind: "refused"; detail: string }
  /** The connection ended before the whole answer was there. */
  | { kind: "reset"; detail: string }
  /** No whole answer within the client's patience. */
  | { kind: "timeout" }
  /** Bytes that are no answer to this request. */
  | { kind: "garbled"; detail: string };

/** How the generator itself did: its figures are worthless when it was late or left requests out. */
export interface LoadReport {
  /** Arrivals that the schedule asked for. */
  planned: number;
  sent: number;
  lateMsMax: number;
  lateMsP99: number;
  connectionsOpened: number;
}

export function latencyMs(record: RequestRecord): number {
  return record.endedAt - record.scheduledAt;
}
