import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";

export interface ProgramEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** One life of a program. */
export class Program {
  readonly child: ChildProcess;
  /** Rejects when it cannot be started (no such file, not executable), unless that was thrown at once: it depends on the reason. */
  readonly ended: Promise<ProgramEnd>;
  #over = false;

  constructor(command: string[], options: { env: NodeJS.ProcessEnv; stdio: StdioOptions }) {
    const [file = "", ...args] = command;
    this.child = spawn(file, args, options);
    this.ended = new Promise((resolve, reject) => {
      this.child.once("error", (error) => {
        if (this.child.pid === undefined) reject(error);
      });
      this.child.once("exit", (code, signal) => {
        this.#over = true;
        resolve({ code, signal });
      });
    });
    this.ended.catch(() => undefined);
  }

  /** SIGTERM; SIGKILL when it has not ended after `withinMs`. */
  async stop(withinMs: number): Promise<ProgramEnd> {
    if (!this.#over) this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), withinMs);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** `code 1`, `signal SIGKILL`. */
export function describeEnd({ code, signal }: ProgramEnd): string {
  return signal === null ? `code ${code}` : `signal ${signal}`;
}
