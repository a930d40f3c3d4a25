import { type Problem, type ProblemName, problems } from "./problem.ts";

export interface ErrorFacts {
  cause?: unknown;
  requestId?: string | undefined;
  retryAfterMs?: number | undefined;
}

/** An error of ours: what, whose fault, whether a retry is safe, and the cause. */
export class SkeinError extends Error {
  readonly problem: Problem;
  /** For people: what, where, why, and how to fix it. */
  readonly detail: string;
  /** Of the request that failed, as the gateway that refused it knows it: for `skein why`. */
  readonly requestId: string | undefined;
  /** When it asks to be tried again, as its `Retry-After` says. */
  readonly retryAfterMs: number | undefined;

  constructor(name: ProblemName, detail: string, { requestId, retryAfterMs, ...options }: ErrorFacts = {}) {
    super(`${problems[name].code}: ${detail}`, options);
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
    this.name = "SkeinError";
    this.problem = problems[name];
    this.detail = detail;
  }

  get code(): string {
    return this.problem.code;
  }
}
