import { type ChildProcess, spawn } from "node:child_process";
import { entryFile, inheritedNodeFlags } from "../runtime/entry.ts";
import { messageOf } from "./supervisor-error.ts";

const repairWithinMs = 60_000;

/**
 * Runs `store/repair-main`: it moves a damaged store aside and begins a new one whose term is above `termFloor`.
 * No controller may live meanwhile. Null: done; else why not.
 */
export async function repairStore(state: string, termFloor: number): Promise<string | null> {
  try {
    return await endOf(startRepair(state, termFloor));
  } catch (error) {
    // Of some failures, as for want of memory, the start itself throws.
    return messageOf(error);
  }
}

function startRepair(state: string, termFloor: number): ChildProcess {
  const args = ["--state", state, "--term-floor", String(termFloor)];
  return spawn(process.execPath, [...inheritedNodeFlags(), entryFile("store/repair-main"), ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

function endOf(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => child.kill("SIGKILL"), repairWithinMs);
    const settle = (error: string | null): void => {
      clearTimeout(deadline);
      resolve(error);
    };
    child.on("error", (error) => settle(error.message));
    child.on("exit", (code, signal) =>
      settle(code === 0 ? null : `the repair ended with ${code ?? signal} (see its message above)`),
    );
  });
}
