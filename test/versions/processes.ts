import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const running = new Set<ChildProcess>();

/** A program in a process group of its own, so that all that it starts ends with it. */
export class Process {
  readonly child: ChildProcess;
  output = "";

  constructor(directory: string, command: string[], env: Record<string, string> = {}) {
    const [file = "", ...args] = command;
    const clean = Object.entries(process.env).filter(([name]) => !/^(SKEIN_|NODE_)/.test(name));
    this.child = spawn(file, args, {
      cwd: directory,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...Object.fromEntries(clean), ...env },
    });
    running.add(this.child);
    const read = (chunk: Buffer): void => void (this.output += chunk.toString());
    this.child.stdout?.on("data", read);
    this.child.stderr?.on("data", read);
    this.child.on("error", (error) => (this.output += error.message));
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** SIGTERM; resolves to how it ended, or throws after `withinMs`. */
  async terminate(withinMs = 15_000): Promise<number | null> {
    const exit = this.ended
      ? Promise.resolve()
      : once(this.child, "exit", { signal: AbortSignal.timeout(withinMs) });
    if (!this.ended) this.child.kill("SIGTERM");
    await exit;
    return this.child.exitCode;
  }
}

/** For the end, however it comes. */
export function killAll(): void {
  for (const { pid } of running) {
    try {
      if (pid !== undefined) process.kill(-pid, "SIGKILL");
    } catch {
      // Nobody of that group is left.
    }
  }
  running.clear();
}

/** Asks again and again until there is a value; throws with `what` after `withinMs`. */
export async function eventually<Value>(
  look: () => Promise<Value | undefined>,
  what: () => string,
  withinMs = 20_000,
): Promise<Value> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await look().catch(() => undefined);
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what()}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}
