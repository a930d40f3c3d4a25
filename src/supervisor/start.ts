import type { SupervisorAssignment } from "../protocol/supervision.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { createLogger, type Logger } from "../runtime/logger.ts";
import { type Places, placesIn } from "../runtime/places.ts";
import { isAlive, signalProcess } from "../runtime/process-identity.ts";
import { readLock, releaseLock, takeLock } from "../runtime/process-lock.ts";
import { packageVersion } from "../protocol/version.ts";
import { askSupervisor } from "./ask.ts";
import { type Entries, productEntries } from "./child-processes.ts";
import { Commands } from "./commands.ts";
import { type Door, inheritDoor, openDoor, openDoors } from "./doors.ts";
import { type Follower, followGateway } from "./follow.ts";
import { GatewaySupervisor, wantedBy } from "./gateway-supervisor.ts";
import { type Child, type Plan, startPlan } from "./plan.ts";
import { refuseWhatNeedsRestart } from "./reload.ts";
import { installSignals } from "./signals.ts";
import { takeActivatedDoors, takeMatching } from "./socket-activation.ts";
import { type ConfigurationSource, readSource, type SourcedConfiguration } from "./source.ts";
import {
  prepareStateDirectory,
  readChildren,
  readConfiguration,
  removeTraces,
  writeConfiguration,
} from "./state-directory.ts";
import { messageOf, SupervisorError } from "./supervisor-error.ts";

/** An orphan of an earlier gateway starts its supervisor within this time, or not at all. */
const orphansStartWithinMs = 5_000;
const unknownChildrenWithinMs = 1_000;
const lookEveryMs = 50;

export interface StartOptions {
  source: ConfigurationSource;
  /** When this gateway runs already: stand in for it instead of failing (for systemd). Default false. */
  attach?: boolean;
  /** SIGTERM, SIGINT: stop; SIGHUP: reload. Default true. */
  signals?: boolean;
  clock?: Clock;
  logger?: Logger;
  /** The children's entry files. Default: the product's; tests give small stand-ins. */
  entries?: Entries;
}

/** A gateway as seen from the process that started it. */
export interface RunningGateway {
  places: Places;
  /** Every proxy and controller does its work. */
  ready: Promise<void>;
  /** The gateway has ended; the value is an exit code. It may have gone through many supervisors meanwhile. */
  ended: Promise<number>;
  /** The first time politely (in-flight requests finish, 30 s at most), the second time at once. */
  stop(): void;
}

/**
 * Starts the supervisor of a gateway in this process. Throws a `SupervisorError`: already running, port taken,
 * configuration invalid, state directory not usable.
 */
export async function startSupervisor(options: StartOptions): Promise<RunningGateway> {
  const assignment = takeAssignment();
  const start = new Start(options, assignment);
  return start.run();
}

function takeAssignment(): SupervisorAssignment | null {
  const text = process.env["SKEIN_SUPERVISOR"];
  delete process.env["SKEIN_SUPERVISOR"];
  return text === undefined ? null : (JSON.parse(text) as SupervisorAssignment);
}

class Start {
  readonly #options: StartOptions;
  readonly #assignment: SupervisorAssignment | null;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(options: StartOptions, assignment: SupervisorAssignment | null) {
    this.#options = options;
    this.#assignment = assignment;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? createLogger({ role: "supervisor" });
  }

  async run(): Promise<RunningGateway> {
    const activated = takeActivatedDoors();
    const sourced = await this.#configuration();
    const places = placesIn(sourced.configuration.state);
    prepareStateDirectory(places);
    if (this.#assignment === null && !(await this.#isFree(places))) return this.#standIn(places);
    const doors = await this.#doors(sourced, activated);
    await this.#takeCharge(places);
    writeConfiguration(places, sourced.configuration, sourced.file);
    return this.#open(places, sourced, doors);
  }

  async #configuration(): Promise<SourcedConfiguration> {
    if (this.#assignment === null) return readSource(this.#options.source);
    const stored = readConfiguration(placesIn(this.#assignment.state));
    const { cause } = this.#assignment;
    if (stored === null) return readSource(this.#options.source);
    if (cause === "orphaned" && stored.version === packageVersion) return stored;
    try {
      const sourced = await readSource(this.#options.source);
      refuseWhatNeedsRestart(stored.configuration, sourced.configuration);
      return sourced;
    } catch (error) {
      // An upgrade may fail, the old supervisor goes on; an orphan must have a supervisor.
      if (cause === "upgrade") throw error;
      this.#logger.error(
        { reason: messageOf(error) },
        "the configuration is refused, the last valid one stays",
      );
      return stored;
    }
  }

  /**
   * Whether this process may become the supervisor of this state directory. Living children of an earlier gateway
   * hold the sockets and start a supervisor themselves; only if they do not they are ended.
   */
  async #isFree(places: Places): Promise<boolean> {
    for (let waitedMs = 0; waitedMs < orphansStartWithinMs; waitedMs += lookEveryMs) {
      const holder = readLock(places.supervisorLock);
      if (holder !== null && isAlive(holder)) return false;
      if (!livingChildren(places).some(({ role }) => role === "proxy")) break;
      await pause(lookEveryMs);
    }
    if (!takeLock(places.supervisorLock).taken) return false;
    for (const child of livingChildren(places)) {
      this.#logger.warn(
        { child: child.name, childPid: child.pid },
        "a process of an earlier gateway is ended",
      );
      signalProcess(child, "SIGKILL");
    }
    while (livingChildren(places).length > 0) await pause(lookEveryMs);
    return true;
  }

  #standIn(places: Places): RunningGateway {
    const holder = readLock(places.supervisorLock);
    if (this.#options.attach !== true) {
      throw new SupervisorError(
        "already-running",
        `a gateway runs already with the state directory ${places.state} (supervisor: process ${holder?.pid}). ` +
          "Use `skein reload` or `skein upgrade`, or another --state for a second gateway",
      );
    }
    this.#logger.info(
      { supervisorPid: holder?.pid },
      "the gateway runs already: standing in for its supervisor",
    );
    const follower = followGateway(places);
    this.#installSignals({
      stop: () => follower.signal("SIGTERM"),
      reload: () => follower.signal("SIGHUP"),
    });
    return {
      places,
      ready: Promise.resolve(),
      ended: follower.ended,
      stop: () => follower.signal("SIGTERM"),
    };
  }

  /** Inherited sockets first, then systemd's, and what is missing is opened here. */
  async #doors(
    { configuration }: SourcedConfiguration,
    activated: Door[],
  ): Promise<{ control: Door; listeners: Door[] }> {
    const inherited = (this.#assignment?.listeners ?? []).map(({ name, fd }) => inheritDoor(name, fd));
    const found = new Map<string, Door>(inherited.map((door) => [door.name, door]));
    const handedControl = this.#assignment?.control;
    let control = handedControl === undefined ? undefined : inheritDoor("control", handedControl.fd);
    control ??= takeMatching(activated, { name: "control", ...configuration.control });
    for (const listener of configuration.listeners) {
      const door = found.get(listener.name) ?? takeMatching(activated, listener);
      if (door !== undefined) found.set(listener.name, door);
    }
    try {
      const missing = configuration.listeners.filter(({ name }) => !found.has(name));
      for (const door of await openDoors(missing)) found.set(door.name, door);
      control ??= await openDoor("control", configuration.control);
    } catch (error) {
      if (this.#assignment === null) releaseLock(placesIn(configuration.state).supervisorLock);
      throw error;
    }
    const wanted = new Set(configuration.listeners.map(({ name }) => name));
    for (const door of found.values()) if (!wanted.has(door.name)) door.close();
    for (const door of activated)
      this.#logger.warn({ address: door.name }, "a socket of systemd is not configured");
    return { control, listeners: configuration.listeners.flatMap(({ name }) => found.get(name) ?? []) };
  }

  /** After this the lock names this process, and no other supervisor acts. */
  async #takeCharge(places: Places): Promise<void> {
    if (this.#assignment === null) return;
    if (this.#assignment.cause === "upgrade") {
      await askSupervisor(places.state, { name: "hand-over", pid: process.pid });
    }
    const attempt = takeLock(places.supervisorLock);
    if (attempt.taken) return;
    throw new SupervisorError("already-running", `process ${attempt.holder.pid} is the supervisor already`);
  }

  async #open(
    places: Places,
    sourced: SourcedConfiguration,
    doors: { control: Door; listeners: Door[] },
  ): Promise<RunningGateway> {
    let follow: (follower: Follower) => void = () => {};
    const followed = new Promise<Follower | null>((resolve) => (follow = resolve));
    const commands = new Commands(
      () => gateway,
      () => follow(followGateway(places)),
    );
    const gateway = new GatewaySupervisor({
      places,
      clock: this.#clock,
      logger: this.#logger,
      entries: this.#options.entries ?? productEntries(),
      source: this.#options.source,
      sourced,
      ...doors,
      plan: adoptedPlan(places, sourced, this.#clock.now(), this.#assignment !== null),
      onCommand: (command, reply) => commands.take(command, reply),
    });
    await gateway.open();
    if (this.#assignment?.cause === "upgrade") gateway.adoptConfiguration(sourced, ["controller", "proxy"]);
    let current: { stop(): void; reload(): void } = {
      stop: () => commands.stop(),
      reload: () => void commands.reload().catch(() => {}),
    };
    this.#installSignals({ stop: () => current.stop(), reload: () => current.reload() });
    const outlasted = followed.then((follower) => {
      gateway.leave();
      // The one that a terminal or systemd started stays as its main process; others have nothing left to do.
      if (follower === null || this.#assignment !== null) return 0;
      current = { stop: () => follower.signal("SIGTERM"), reload: () => follower.signal("SIGHUP") };
      return follower.ended;
    });
    const stopped = gateway.finished.then(() => this.#close(places, gateway));
    return {
      places,
      ready: gateway.ready,
      ended: Promise.race([stopped, outlasted]),
      stop: () => current.stop(),
    };
  }

  #close(places: Places, gateway: GatewaySupervisor): number {
    if (readLock(places.supervisorLock)?.pid !== process.pid) return 1;
    gateway.retire();
    gateway.leave();
    removeTraces(places);
    releaseLock(places.supervisorLock);
    return 0;
  }

  #installSignals(actions: { stop(): void; reload(): void }): void {
    if (this.#options.signals !== false) installSignals(actions);
  }
}

function livingChildren(places: Places) {
  return (readChildren(places)?.children ?? []).filter((child) => isAlive(child));
}

/** The plan begins with the children that the supervisor before has left and that still live. */
function adoptedPlan(
  places: Places,
  { configuration }: SourcedConfiguration,
  now: number,
  adopts: boolean,
): Plan {
  const want = wantedBy(configuration);
  if (!adopts) return startPlan(now, { want });
  const record = readChildren(places);
  // Without a record nobody knows who lives: the living are given time to say hello.
  if (record === null) return startPlan(now, { want, startNothingBefore: now + unknownChildrenWithinMs });
  const children = record.children
    .filter((child) => isAlive(child))
    .map(({ role, name, epoch, pid, started, draining }): Child => ({
      role,
      name,
      epoch,
      phase: draining ? { kind: "draining", until: now + 30_000 } : { kind: "awaited" },
      identity: { pid, started },
      instance: null,
      version: null,
      connected: false,
      bornAt: now,
      heardAt: now,
      term: 0,
      leader: false,
    }));
  return startPlan(now, { want, children, epoch: record.epoch, termSeen: record.termSeen });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
