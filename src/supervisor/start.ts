import { parseAddress } from "../core/registry/address.ts";
import type { SupervisorAssignment } from "../protocol/supervision.ts";
import { packageVersion } from "../protocol/version.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { createLogger, type Logger } from "../runtime/logger.ts";
import { type Places, placesIn } from "../runtime/places.ts";
import { readLock, releaseLock } from "../runtime/process-lock.ts";
import { adoptedPlan, wantedBy } from "./adopted-plan.ts";
import { type Entries, productEntries } from "./child-processes.ts";
import { controlGetsTls, refusePlainControl, refuseWithdrawnConsent } from "./plain-control.ts";
import { Commands } from "./commands.ts";
import { followGateway } from "./follow.ts";
import { type Doors, gatherDoors } from "./gather-doors.ts";
import { GatewaySupervisor } from "./gateway-supervisor.ts";
import { startPlan } from "./plan.ts";
import { mayBeMistaken, refuseGoneFile, refuseWhatNeedsRestart } from "./reload.ts";
import { type Actions, Signals } from "./signals.ts";
import { controlAddress, takeActivatedDoors } from "./socket-activation.ts";
import { type ConfigurationSource, readSource, type SourcedConfiguration } from "./source.ts";
import {
  keepJoinToken,
  prepareStateDirectory,
  readChildren,
  readConfiguration,
  removeTraces,
  stageConfiguration,
} from "./state-directory.ts";
import { messageOf, SupervisorError } from "./supervisor-error.ts";
import { livingSupervisor } from "./living.ts";
import { takeFreePlace, takeHandedPlace } from "./take-place.ts";

export interface StartOptions {
  source: ConfigurationSource;
  /** When this gateway runs already: stand in for it instead of failing (for systemd). Default false. */
  attach?: boolean;
  /** For a host with proxies only: kept in the state directory, for this user alone. */
  joinToken?: string | undefined;
  /** SIGTERM, SIGINT: stop; SIGHUP: reload. Default true. */
  signals?: boolean;
  clock?: Clock;
  logger?: Logger;
  /** The children's entry files. Default: the product's. */
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
  const clock = options.clock ?? systemClock;
  // Who replaces another one has its place before it can act, so a signal waits. A start by hand is broken off by it, until there
  // are children that nobody would own.
  const early = assignment === null || options.signals === false ? undefined : new Signals(clock);
  const logger = options.logger ?? createLogger({ role: "supervisor" });
  const activated = takeActivatedDoors();
  const { sourced, isStored } = await readConfigurationFor(assignment, options.source, logger);
  for (const warning of sourced.warnings) logger.warn({ warning }, mayBeMistaken);
  const places = placesIn(sourced.configuration.state);
  const asked = { ...sourced.configuration, control: controlAddress(activated, sourced.configuration) };
  if (assignment === null) refusePlainControl(asked, places, logger);
  const controlIsSecure = assignment?.control.secure ?? controlGetsTls(asked, places);
  prepareStateDirectory(places);
  keepJoinToken(places, sourced.configuration, options.joinToken);
  if (assignment === null && !(await takeFreePlace(places, logger))) {
    return standIn(places, options, logger);
  }
  try {
    const doors = await gatherDoors(sourced.configuration, assignment, activated, controlIsSecure);
    for (const { name } of doors.unused)
      logger.warn({ address: name }, "a socket of systemd is not configured");
    // What may fail comes before the hand-over: until then the old supervisor goes on as if nothing had been.
    const staged = isStored ? null : stageConfiguration(places, sourced);
    if (assignment !== null) await takeHandedPlace(places, assignment);
    staged?.putInPlace();
    return await open({ options, early, assignment, logger, places, sourced, doors });
  } catch (error) {
    releaseLock(places.supervisorLock);
    throw error;
  }
}

function takeAssignment(): SupervisorAssignment | null {
  const text = process.env["SKEIN_SUPERVISOR"];
  delete process.env["SKEIN_SUPERVISOR"];
  return text === undefined ? null : (JSON.parse(text) as SupervisorAssignment);
}

/**
 * A start by hand and an upgrade read the configuration and refuse a broken one. A supervisor that replaces a dead one
 * must come up whatever the file holds by now: it takes the last valid one. `isStored`: that lies in the state directory already,
 * and a full disk must not keep a supervisor from writing the same again.
 */
async function readConfigurationFor(
  assignment: SupervisorAssignment | null,
  source: ConfigurationSource,
  logger: Logger,
): Promise<{ sourced: SourcedConfiguration; isStored: boolean }> {
  const record = assignment === null ? null : readConfiguration(placesIn(assignment.state));
  if (assignment === null || record === null) return { sourced: await readSource(source), isStored: false };
  const stored = { sourced: { ...record, warnings: [] }, isStored: true };
  if (assignment.cause === "orphaned" && record.version === packageVersion) return stored;
  try {
    const sourced = await readSource(source);
    refuseGoneFile(record.file, sourced.file);
    refuseWhatNeedsRestart(record.configuration, sourced.configuration);
    const control = parseAddress(assignment.control.address) ?? sourced.configuration.control;
    refuseWithdrawnConsent({ ...sourced.configuration, control }, assignment.control.secure ?? true);
    return { sourced, isStored: false };
  } catch (error) {
    if (assignment.cause === "upgrade") throw error;
    logger.error({ reason: messageOf(error) }, "the configuration is refused, the last valid one stays");
    return stored;
  }
}

function standIn(places: Places, options: StartOptions, logger: Logger): RunningGateway {
  const supervisorPid = livingSupervisor(places)?.pid;
  if (options.attach !== true) {
    throw new SupervisorError(
      "already-running",
      `a gateway runs already with the state directory ${places.state} (supervisor: process ${supervisorPid}). ` +
        "Use `skein reload` or `skein upgrade`, or another --state for a second gateway",
    );
  }
  const follower = followGateway(places);
  const actions = follower.actions;
  if (options.signals !== false) new Signals(options.clock ?? systemClock).leadTo(actions);
  logger.info({ supervisorPid }, "the gateway runs already: standing in for its supervisor");
  return { places, ready: Promise.resolve(), ended: follower.ended, stop: () => actions.stop() };
}

interface OpenParts {
  options: StartOptions;
  /** With the signals that came before. */
  early: Signals | undefined;
  assignment: SupervisorAssignment | null;
  logger: Logger;
  places: Places;
  sourced: SourcedConfiguration;
  doors: Doors;
}

async function open({
  options,
  early,
  assignment,
  logger,
  places,
  sourced,
  doors,
}: OpenParts): Promise<RunningGateway> {
  const clock = options.clock ?? systemClock;
  const { configuration } = sourced;
  let handedOver: () => void = () => {};
  const replaced = new Promise<void>((resolve) => (handedOver = resolve));
  const commands = new Commands(
    () => gateway,
    () => handedOver(),
  );
  const gateway = new GatewaySupervisor({
    places,
    clock,
    logger,
    entries: options.entries ?? productEntries(),
    source: options.source,
    sourced,
    control: doors.control,
    listeners: doors.listeners,
    plan:
      assignment === null
        ? startPlan(clock.now(), { want: wantedBy(configuration) })
        : adoptedPlan(configuration, readChildren(places), clock.now()),
    onCommand: (command, reply) => commands.take(command, reply),
  });
  const signals = options.signals === false ? undefined : (early ?? new Signals(clock));
  await gateway.open({ follows: assignment !== null });
  if (assignment?.cause === "upgrade") gateway.adoptConfiguration(sourced, ["controller", "proxy"]);

  let actions: Actions = {
    stop: () => commands.stop(),
    reload: () => void commands.reload().catch(() => {}),
  };
  signals?.leadTo({ stop: () => actions.stop(), reload: () => actions.reload() });
  const outlasted = replaced.then(() => {
    gateway.leave();
    // The process that a terminal or systemd started stays as the main process; others have nothing left to do.
    if (assignment !== null) return 0;
    const follower = followGateway(places);
    actions = follower.actions;
    return follower.ended;
  });
  const stopped = gateway.finished.then(() => close(places, gateway));
  return {
    places,
    ready: gateway.ready,
    ended: Promise.race([stopped, outlasted]),
    stop: () => actions.stop(),
  };
}

/** The value is the exit code: 1 when another supervisor has taken this one's place against its will. */
function close(places: Places, gateway: GatewaySupervisor): number {
  if (readLock(places.supervisorLock)?.pid !== process.pid) return 1;
  gateway.retire();
  gateway.leave();
  removeTraces(places);
  releaseLock(places.supervisorLock);
  return 0;
}
