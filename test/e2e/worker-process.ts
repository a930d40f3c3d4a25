import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";

/** A program under test: its lines, its end. It is killed when the test ends, however that is. */
export class WorkerProcess {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #waiting = new Set<() => void>();

  constructor(
    t: TestContext,
    command: string[],
    options: { env?: Record<string, string>; cwd?: string } = {},
  ) {
    const [file = "", ...args] = command;
    this.child = spawn(file, args, {
      // A process group of its own: what it starts ends with it.
      detached: true,
      stdio: ["pipe", "pipe", "pipe", "ipc"],
      cwd: options.cwd,
      env: { ...cleanEnvironment(), ...options.env },
    });
    this.exited = once(this.child, "exit").then(([code, signal]) => {
      this.#look();
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
    this.#read(this.child.stdout, this.lines);
    this.#read(this.child.stderr, this.errors);
    t.after(async () => {
      if (this.child.pid !== undefined) killGroup(this.child.pid);
      await this.exited;
    });
  }

  /** The first line, past or coming, that fits. Fails when the program ends before. */
  async line(fits: RegExp, from = this.lines): Promise<RegExpExecArray> {
    for (;;) {
      for (const line of from) {
        const found = fits.exec(line);
        if (found !== null) return found;
      }
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`ended without ${fits.source}:\n${[...this.lines, ...this.errors].join("\n")}`);
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #read(stream: NodeJS.ReadableStream | null, into: string[]): void {
    if (stream === null) return;
    createInterface({ input: stream }).on("line", (line) => {
      into.push(line);
      this.#look();
    });
  }

  #look(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody of it is left.
  }
}

/** Nothing of the runner's own: neither its coverage and test context nor a SKEIN_* of the developer. */
function cleanEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !/^(SKEIN_|NODE_)/.test(name),
  );
  return Object.fromEntries(kept) as Record<string, string>;
}

/** How this repository's sources run. */
export const node = [process.execPath, "--conditions=skein-source"];

export async function get(url: string, init: RequestInit = {}): Promise<{ status: number; body: string }> {
  const answer = await fetch(url, init);
  return { status: answer.status, body: await answer.text() };
}
