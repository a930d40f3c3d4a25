/** What a tier is, and what it tells of its requests, over the process's own channel. */
export interface TierAssignment {
  service: string;
  /** The service that it asks for each request; unset: the last one answers by itself. */
  next: string | undefined;
  gateway: string;
  control: string;
}

export type TierReport =
  | { t: "joined" }
  /** A request of `/hold` is in the handler. */
  | { t: "entered" }
  /** Its signal has aborted, at this monotonic time of the host. */
  | { t: "aborted"; at: number; reason: string }
  /** Requests that the last one has had so far: answer to `count`. */
  | { t: "count"; requests: number };

export type TierCommand =
  /** Of the last one: cut every request, or answer again. */
  | { t: "fail"; on: boolean }
  /** Of the last one: every so many-th request takes so long. */
  | { t: "slow"; every: number; ms: number }
  | { t: "count" };
