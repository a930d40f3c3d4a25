/** Between the scale run and a process that holds many workers, over the process's own channel. */
export type CrowdCommand =
  | {
      t: "join";
      /** Numbers of the workers: from, and how many. */
      from: number;
      count: number;
      /** Joins a second, so that the first meeting is no stampede. */
      perSecond: number;
      seeds: string[];
      /** Unset: their leases follow the controllers' pace, as those of workers usually do. */
      ttlMs?: number;
    }
  | { t: "bare"; count: number; perSecond: number; url: string; everyMs: number }
  /** Forget when sessions began, to time what comes next. */
  | { t: "mark" };

export interface CrowdReport {
  t: "count";
  /** Sessions that are open (joined), and workers that have at least one. */
  sessions: number;
  workers: number;
  /** Messages sent since the process began. */
  sent: number;
  /** Workers that a controller refused for good. */
  refused: number;
  /** Times of the first and the latest session that opened since the mark; 0: none yet. */
  firstOpenAt: number;
  lastOpenAt: number;
}
