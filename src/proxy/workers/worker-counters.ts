import { latencyBucketsMs, type WorkerStatistics } from "../../protocol/evidence.ts";
import { latencyBucket } from "../reports/statistics.ts";

/** What one worker answered to this proxy. Written in the hot path: a typed array and plain numbers only. */
export class WorkerCounters {
  answers = 0;
  /** Answers of class 5xx, and those that did not come. */
  errors = 0;
  latencySumMs = 0;
  readonly latency = new Float64Array(latencyBucketsMs.length + 1);

  /** `elapsedMs`: from when all of the request was sent to the answer's head; undefined: it was answered before that. */
  answered(status: number, elapsedMs: number | undefined): void {
    this.answers += 1;
    if (status >= 500) this.errors += 1;
    if (elapsedMs === undefined) return;
    const bucket = latencyBucket(elapsedMs);
    this.latency[bucket] = (this.latency[bucket] ?? 0) + 1;
    this.latencySumMs += elapsedMs;
  }

  failed(): void {
    this.answers += 1;
    this.errors += 1;
  }

  report(service: string, id: string): WorkerStatistics {
    const { answers, errors, latencySumMs } = this;
    return { service, id, answers, errors, latency: [...this.latency], latencySumMs };
  }
}
