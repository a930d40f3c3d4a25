import { type Problem, type ProblemName, problems } from "./problem.ts";

/** An error of ours: what, whose fault, whether a retry is safe, and the cause. */
export class SkeinError extends Error {
  readonly problem: Problem;
  /** For people: what, where, why, and how to fix it. */
  readonly detail: string;

  constructor(name: ProblemName, detail: string, options?: { cause?: unknown }) {
    super(`${problems[name].code}: ${detail}`, options);
    this.name = "SkeinError";
    this.problem = problems[name];
    this.detail = detail;
  }

  get code(): string {
    return this.problem.code;
  }
}
