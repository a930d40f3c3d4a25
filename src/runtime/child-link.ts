import { createConnection, type Socket } from "node:net";
import type {
  CertificateState,
  ChildAssignment,
  ChildFrame,
  ChildWord,
  ChildRole,
  SupervisorFrame,
  TicketKey,
} from "../protocol/supervision.ts";
import { packageVersion } from "../protocol/version.ts";
import type { Clock, Timer } from "./clock.ts";
import { encodeLine, JsonLines } from "./json-lines.ts";
import { readLongVariable } from "./long-variable.ts";
import { placesIn } from "./places.ts";

const reconnectEveryMs = 100;
const orphanRetryMsMax = 10_000;

/** The supervisor's orders, as it left them in `SKEIN_CHILD`. Throws when there are none. */
export function readAssignment(role: ChildRole, environment = process.env): ChildAssignment {
  const text = readLongVariable(environment, "SKEIN_CHILD");
  if (text === undefined) {
    throw new Error(`SKEIN_CHILD is not set: the ${role} is started by the supervisor (use \`skein up\`)`);
  }
  const assignment = JSON.parse(text) as ChildAssignment;
  if (assignment.role !== role) {
    throw new Error(`SKEIN_CHILD is for a ${assignment.role}, this is a ${role}`);
  }
  return assignment;
}

export interface ChildLinkOptions {
  clock: Clock;
  /** One life of this process (`newInstanceId()`). */
  instance: string;
  /** Asked for each pong. `term`: the highest that this process has seen. */
  status(): ChildWord;
  /** How late the supervisor comes to its ticks. */
  supervisorDelay?(ms: number): void;
  /** A proxy's, for the supervisor that does not know it yet. */
  ticketKey?(): TicketKey | undefined;
  /** Every frame but `ping`, which is answered here. */
  onFrame(frame: SupervisorFrame): void;
}

/**
 * A child's connection to its supervisor. It connects at once, and again every 100 ms while there is no
 * supervisor; `ready`, `leaving` and `drained` are said again to each new supervisor.
 */
export interface ChildLink {
  /** This process does its work (a proxy: it accepts connections and has a routing table). */
  ready(): void;
  /** Everything in flight is finished: this process is about to exit. */
  drained(): void;
  /** The newest word on them; said again to each new supervisor. */
  certificates(states: CertificateState[]): void;
  readonly connected: boolean;
  /**
   * Calls `fire` when there was no supervisor for `afterMs`, and again after 1, 2, 4, ... (at most 10) s while
   * there still is none: starting a new one may fail. Not after `drain` or `leaving`: who leaves has closed its
   * descriptors, and their numbers may mean something else by then.
   */
  onOrphaned(afterMs: number, fire: () => void): void;
  /** This process drains and is about to close its descriptors. Said to the supervisor, unless that has told it so. */
  leaving(): void;
  /** Ends the connection and the attempts. */
  close(): void;
}

export function connectToSupervisor(assignment: ChildAssignment, options: ChildLinkOptions): ChildLink {
  return new ReconnectingChildLink(assignment, options);
}

class ReconnectingChildLink implements ChildLink {
  readonly #assignment: ChildAssignment;
  readonly #options: ChildLinkOptions;
  readonly #socketPath: string;
  /** What each new supervisor must hear after hello. */
  readonly #said: ChildFrame[] = [];
  readonly #orphanTimers = new Set<Timer>();
  readonly #orphanHooks: { afterMs: number; fire: () => void }[] = [];
  #certificates: ChildFrame | undefined;
  #socket: Socket | null = null;
  #connected = false;
  #closed = false;
  #draining = false;
  #retry: Timer | null = null;

  constructor(assignment: ChildAssignment, options: ChildLinkOptions) {
    this.#assignment = assignment;
    this.#options = options;
    this.#socketPath = placesIn(assignment.state).supervisorSocket;
    this.#connect();
  }

  get connected(): boolean {
    return this.#connected;
  }

  ready(): void {
    this.#say({ t: "ready" });
  }

  drained(): void {
    this.#say({ t: "drained" });
  }

  certificates(states: CertificateState[]): void {
    this.#certificates = { t: "certificates", certificates: states };
    if (this.#connected) this.#write(this.#certificates);
  }

  onOrphaned(afterMs: number, fire: () => void): void {
    this.#orphanHooks.push({ afterMs, fire });
    if (!this.#connected && !this.#closed) this.#watchOrphanhood(afterMs, fire);
  }

  leaving(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#say({ t: "leaving" });
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#forgetOrphanhood();
    this.#socket?.end();
  }

  #connect(): void {
    const socket = createConnection(this.#socketPath);
    const lines = new JsonLines();
    this.#socket = socket;
    socket.on("connect", () => this.#greet());
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const value of lines.push(chunk)) this.#take(value as SupervisorFrame);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    // Always followed by `close`, where the loss is handled.
    socket.on("error", () => {});
    socket.on("close", () => this.#lost());
  }

  #greet(): void {
    const { role, name, epoch } = this.#assignment;
    const ticketKey = this.#options.ticketKey?.();
    this.#connected = true;
    this.#forgetOrphanhood();
    this.#write({
      t: "hello",
      role,
      name,
      pid: process.pid,
      instance: this.#options.instance,
      version: packageVersion,
      epoch,
      ...(ticketKey === undefined ? {} : { ticketKey }),
    });
    if (this.#certificates !== undefined) this.#write(this.#certificates);
    for (const frame of this.#said) this.#write(frame);
  }

  #lost(): void {
    const wasConnected = this.#connected;
    this.#connected = false;
    this.#socket = null;
    if (this.#closed) return;
    if (wasConnected) for (const { afterMs, fire } of this.#orphanHooks) this.#watchOrphanhood(afterMs, fire);
    this.#retry = this.#options.clock.after(reconnectEveryMs, () => this.#connect());
  }

  #take(frame: SupervisorFrame): void {
    if (frame.t === "ping") {
      this.#write({ t: "pong", n: frame.n, ...this.#options.status() });
      if (frame.delayMs !== undefined) this.#options.supervisorDelay?.(frame.delayMs);
    } else {
      if (frame.t === "drain") this.#draining = true;
      this.#options.onFrame(frame);
    }
  }

  #say(frame: ChildFrame): void {
    this.#said.push(frame);
    if (this.#connected) this.#write(frame);
  }

  #write(frame: ChildFrame): void {
    this.#socket?.write(encodeLine(frame));
  }

  #watchOrphanhood(afterMs: number, fire: () => void, nextMs = 1_000): void {
    const timer = this.#options.clock.after(afterMs, () => {
      this.#orphanTimers.delete(timer);
      if (this.#draining) return;
      this.#watchOrphanhood(nextMs, fire, Math.min(2 * nextMs, orphanRetryMsMax));
      fire();
    });
    this.#orphanTimers.add(timer);
  }

  #forgetOrphanhood(): void {
    for (const timer of this.#orphanTimers) timer.cancel();
    this.#orphanTimers.clear();
  }
}
