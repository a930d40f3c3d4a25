import { type ChildProcess, spawn } from "node:child_process";
import type { ChildAssignment, ChildRole } from "../protocol/supervision.ts";
import { withCompileCache } from "../runtime/compile-cache.ts";
import { entryFile, inheritedNodeFlags } from "../runtime/entry.ts";
import { longVariable, withoutLongVariable } from "../runtime/long-variable.ts";
import { identify, isAlive, type ProcessIdentity, signalProcess } from "../runtime/process-identity.ts";
import { proxyFlags } from "../runtime/proxy-flags.ts";
import type { ControlDoor, Door } from "./doors.ts";

const firstPassedDescriptor = 3;

export interface ChildOrders {
  role: ChildRole;
  name: string;
  epoch: number;
  state: string;
  store: ChildAssignment["store"];
  follow: ChildAssignment["follow"];
  supervisorArgs: string[];
  control: ControlDoor;
  controlAddress: string;
  listeners: readonly Door[];
}

/** The entry files of the children; tests put small stand-ins here. */
export type Entries = Record<ChildRole, string>;

export function productEntries(): Entries {
  return { proxy: entryFile("proxy/main"), controller: entryFile("controller/main") };
}

/**
 * The processes behind the plan's names. Some were started here, and the system tells when they end; others were
 * adopted, and only looking at them shows that they are gone.
 */
export class ChildProcesses {
  readonly #entries: Entries;
  readonly #onExit: (name: string, code: number | null, signal: string | null) => void;
  readonly #onFailure: (name: string, error: unknown) => void;
  readonly #living = new Map<string, { identity: ProcessIdentity; adopted: boolean }>();

  /** `onFailure`: it could not be started, and why. `onExit` follows. */
  constructor(
    entries: Entries,
    onExit: (name: string, code: number | null, signal: string | null) => void,
    onFailure: (name: string, error: unknown) => void,
  ) {
    this.#entries = entries;
    this.#onExit = onExit;
    this.#onFailure = onFailure;
  }

  /** Null: the process could not be started; `onExit` has the rest, later. */
  start(orders: ChildOrders): ProcessIdentity | null {
    try {
      return this.#follow(orders.name, this.#spawn(orders));
    } catch (error) {
      // Some failures of the system are told by an event, others (no memory, an environment too long) are thrown at once.
      setImmediate(() => this.#failed(orders.name, null, error));
      return null;
    }
  }

  #spawn(orders: ChildOrders): ChildProcess {
    // Only a proxy needs the clients' doors.
    const doors = orders.role === "proxy" ? [orders.control, ...orders.listeners] : [orders.control];
    const flags = [...(orders.role === "proxy" ? proxyFlags : []), ...inheritedNodeFlags()];
    return spawn(process.execPath, [...flags, this.#entries[orders.role]], {
      // A session of its own: Ctrl-C in a terminal is for the supervisor, which then stops its children politely.
      detached: true,
      // stdout and stderr are inherited and no pipes: those would break with this process.
      stdio: ["ignore", "inherit", "inherit", ...doors.map(({ fd }) => fd)],
      env: childEnvironment(orders),
    });
  }

  #follow(name: string, child: ChildProcess): ProcessIdentity | null {
    const identity =
      child.pid === undefined ? null : (identify(child.pid) ?? { pid: child.pid, started: "" });
    if (identity !== null) this.#living.set(name, { identity, adopted: false });
    child.on("error", (error) => this.#failed(name, identity, error));
    child.on("exit", (code, signal) => this.#ended(name, identity, code, signal));
    child.unref();
    return identity;
  }

  adopt(name: string, identity: ProcessIdentity): void {
    if (this.#living.get(name)?.identity.pid === identity.pid) return;
    this.#living.set(name, { identity, adopted: true });
  }

  signal(name: string, signal: NodeJS.Signals): void {
    const child = this.#living.get(name);
    if (child !== undefined) signalProcess(child.identity, signal);
  }

  isGone(name: string): boolean {
    const child = this.#living.get(name);
    return child === undefined || !isAlive(child.identity);
  }

  /** Reports the adopted ones that are gone. */
  look(): void {
    for (const [name, { identity, adopted }] of this.#living) {
      if (adopted && !isAlive(identity)) this.#ended(name, identity, null, null);
    }
  }

  #failed(name: string, identity: ProcessIdentity | null, error: unknown): void {
    this.#onFailure(name, error);
    this.#ended(name, identity, null, "SIGABRT");
  }

  #ended(name: string, identity: ProcessIdentity | null, code: number | null, signal: string | null): void {
    const known = this.#living.get(name);
    if (identity !== null && known?.identity.pid !== identity.pid) return;
    this.#living.delete(name);
    this.#onExit(name, code, signal);
  }
}

function childEnvironment(orders: ChildOrders): NodeJS.ProcessEnv {
  const { role, name, epoch, state, store, follow, supervisorArgs, control, controlAddress, listeners } =
    orders;
  const assignment: ChildAssignment = {
    role,
    name,
    epoch,
    state,
    store,
    ...(follow === undefined ? {} : { follow }),
    control: { address: controlAddress, fd: firstPassedDescriptor, secure: control.secure },
    listeners:
      role === "proxy"
        ? listeners.map((door, index) => ({ name: door.name, fd: firstPassedDescriptor + 1 + index }))
        : [],
    supervisor: { args: supervisorArgs },
  };
  const environment = {
    ...withoutLongVariable(withCompileCache(process.env, state), "SKEIN_CHILD"),
    // Hundreds of certificates are more than one variable may hold.
    ...longVariable("SKEIN_CHILD", JSON.stringify(assignment)),
  };
  delete environment["SKEIN_SUPERVISOR"];
  return environment;
}
