import { type ChildProcess, spawn } from "node:child_process";
import { type ChildAssignment, exitCodes, type SupervisorAssignment } from "../protocol/supervision.ts";
import type { Clock } from "./clock.ts";
import { withoutLongVariable } from "./long-variable.ts";
import { withCompileCache } from "./compile-cache.ts";
import { entryFile, inheritedNodeFlags } from "./entry.ts";
import type { Logger } from "./logger.ts";
import { placesIn } from "./places.ts";
import { passLock, releaseLock, takeLock } from "./process-lock.ts";
import { withoutProxyFlags } from "./proxy-flags.ts";
import { SaidLately } from "./said-lately.ts";
import { systemReason } from "./system-reason.ts";

/** The first descriptor after stdin, stdout and stderr. */
const firstPassedDescriptor = 3;

/**
 * So long an orphan leaves it to others when its supervisor found an address taken: those that were started since hold a listener that
 * this one was never given. Their next attempts come within this time.
 */
const standBackMs = 5_000;

/** An orphaned child's way to a new supervisor. */
export class SupervisorStarter {
  readonly #clock: Pick<Clock, "now">;
  readonly #logger: Pick<Logger, "warn" | "error">;
  readonly #failures: SaidLately;
  #notBefore = -Infinity;

  constructor(clock: Pick<Clock, "now">, logger: Pick<Logger, "warn" | "error">) {
    this.#clock = clock;
    this.#logger = logger;
    this.#failures = new SaidLately(clock);
  }

  get standsBack(): boolean {
    return this.#clock.now() < this.#notBefore;
  }

  /**
   * Starts a new supervisor and hands it the listening sockets. False: another process holds the lock, so a supervisor lives or is
   * being started, or this one stands back; or the system starts none: then the lock is free, and the log says why.
   *
   * The lock is taken for this process first and passed on to the new one: of several orphans one wins, and if the
   * new supervisor dies on its way the lock is free again.
   */
  start(assignment: ChildAssignment): boolean {
    const lock = placesIn(assignment.state).supervisorLock;
    try {
      return !this.standsBack && takeLock(lock).taken && this.#startWith(lock, assignment);
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  #startWith(lock: string, assignment: ChildAssignment): boolean {
    try {
      const supervisor = startSupervisorProcess({
        cause: "orphaned",
        state: assignment.state,
        listeners: assignment.listeners,
        control: assignment.control,
        args: assignment.supervisor.args,
      });
      // Without a pid the start has failed, and only this says why; the next attempt is the link's.
      supervisor.on("error", (error) => {
        releaseLock(lock);
        this.#failed(error);
      });
      supervisor.on("exit", (code) => {
        if (code === exitCodes.addressInUse) this.#notBefore = this.#clock.now() + standBackMs;
      });
      if (supervisor.pid === undefined) return false;
      passLock(lock, supervisor.pid);
      this.#logger.warn({ supervisorPid: supervisor.pid }, "the supervisor is gone; a new one was started");
      return true;
    } catch (error) {
      releaseLock(lock);
      throw error;
    }
  }

  #failed(error: unknown): void {
    const reason = systemReason(error);
    if (this.#failures.mayBeSaid(reason))
      this.#logger.error({ reason }, "no new supervisor could be started; this process goes on");
  }
}

/** `args`: of the supervisor, after its entry file. Descriptors are numbers of this process. */
export function startSupervisorProcess(
  handed: SupervisorAssignment & { args: readonly string[] },
): ChildProcess {
  const { args, listeners, control, ...rest } = handed;
  const assignment: SupervisorAssignment = {
    ...rest,
    listeners: listeners.map(({ name }, index) => ({ name, fd: firstPassedDescriptor + 1 + index })),
    control: { ...control, fd: firstPassedDescriptor },
  };
  const environment = {
    ...withoutLongVariable(withCompileCache(process.env, handed.state), "SKEIN_CHILD"),
    SKEIN_SUPERVISOR: JSON.stringify(assignment),
  };
  const supervisor = spawn(
    process.execPath,
    [...withoutProxyFlags(inheritedNodeFlags()), entryFile("supervisor/main"), ...args],
    {
      // A session of its own: what ends the process that started it must not end the supervisor.
      detached: true,
      stdio: ["ignore", "inherit", "inherit", control.fd, ...listeners.map(({ fd }) => fd)],
      env: environment,
    },
  );
  supervisor.unref();
  return supervisor;
}
