import type { ChildProcess } from "node:child_process";
import { passLock } from "../runtime/process-lock.ts";
import { startSupervisorProcess } from "../runtime/spawn-supervisor.ts";
import { doorAddress } from "./doors.ts";
import type { GatewaySupervisor } from "./gateway-supervisor.ts";
import { sourceToArguments } from "./source.ts";
import { SupervisorError } from "./supervisor-error.ts";

const takeOverWithinMs = 20_000;

/**
 * Puts a new supervisor, with the code that is on the disk now, in the place of this one. The new one inherits the
 * sockets, prepares everything and says `hand-over`; only then this one lets go. If it fails before, nothing has
 * changed.
 */
export class Upgrade {
  readonly #gateway: GatewaySupervisor;
  #successor: { child: ChildProcess; handedOver: () => void } | null = null;

  constructor(gateway: GatewaySupervisor) {
    this.#gateway = gateway;
  }

  /** Resolves when the new supervisor is in charge. */
  async run(): Promise<void> {
    const { places, source, listeners, control } = this.#gateway;
    const child = startSupervisorProcess({
      cause: "upgrade",
      state: places.state,
      listeners,
      control: { address: doorAddress(control), fd: control.fd, secure: control.secure },
      args: sourceToArguments(source),
    });
    try {
      await this.#waitForHandOver(child);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    } finally {
      this.#successor = null;
    }
  }

  /** Called for the successor's word. False: it is not the process that was started for this. */
  handOverTo(pid: number): boolean {
    if (this.#successor === null || this.#successor.child.pid !== pid) return false;
    // Before this one lets go: where the lock cannot be written (a full disk), nothing has changed.
    passLock(this.#gateway.places.supervisorLock, pid);
    this.#gateway.retire();
    this.#successor.handedOver();
    return true;
  }

  #waitForHandOver(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        clearTimeout(deadline);
        reject(new SupervisorError("upgrade-failed", `${why}; the old one goes on, nothing has changed`));
      };
      const deadline = setTimeout(
        () => fail(`the new supervisor was not ready within ${takeOverWithinMs} ms`),
        takeOverWithinMs,
      );
      child.on("error", (error) => fail(`the new supervisor cannot be started: ${error.message}`));
      child.on("exit", () => fail("the new supervisor ended at its start (its message is in the log)"));
      this.#successor = {
        child,
        handedOver: () => {
          clearTimeout(deadline);
          resolve();
        },
      };
    });
  }
}
