import { isDeepStrictEqual } from "node:util";
import { collide } from "../core/registry/address.ts";
import type { GatewayConfiguration, Listener } from "../protocol/configuration.ts";
import { type Door, openDoors } from "./doors.ts";
import type { GatewaySupervisor } from "./gateway-supervisor.ts";
import { refuseWithdrawnConsent } from "./plain-control.ts";
import { readSource, type SourcedConfiguration } from "./source.ts";
import { writeConfiguration } from "./state-directory.ts";
import { messageOf, SupervisorError } from "./supervisor-error.ts";

export const mayBeMistaken = "this is allowed in a configuration, and may be a mistake";

/** Reads the configuration anew. What is not valid as a whole changes nothing; the reason stays in the status. */
export async function reload(gateway: GatewaySupervisor): Promise<void> {
  try {
    await applyNewConfiguration(gateway);
    gateway.reloadError = null;
  } catch (error) {
    gateway.reloadError = messageOf(error);
    gateway.logger.error({ reason: messageOf(error) }, "the new configuration is refused, the old one stays");
    throw error;
  }
}

async function applyNewConfiguration(gateway: GatewaySupervisor): Promise<void> {
  const sourced = await readSource(gateway.source);
  const { configuration } = sourced;
  refuseGoneFile(gateway.sourced.file, sourced.file);
  refuseWhatNeedsRestart(gateway.sourced.configuration, configuration);
  refuseWithdrawnConsent({ ...configuration, control: gateway.control }, gateway.control.secure);
  for (const warning of sourced.warnings) gateway.logger.warn({ warning }, mayBeMistaken);
  const held = new Map(gateway.listeners.map((door) => [door.name, door]));
  const added = configuration.listeners.filter(({ name }) => !held.has(name));
  refuseOwnPort(gateway.listeners, added);
  const opened = await openDoors(added);
  for (const door of opened) held.set(door.name, door);
  const wanted = new Set(configuration.listeners.map(({ name }) => name));
  const removed = gateway.listeners.filter(({ name }) => !wanted.has(name));
  writeOrClose(gateway, sourced, opened);
  gateway.listeners = configuration.listeners.flatMap(({ name }) => held.get(name) ?? []);
  // The proxies that still hold a removed door accept from it until they are drained.
  for (const door of removed) door.close();
  const doorsChanged = opened.length + removed.length > 0;
  const roll = doorsChanged || isToldAtStart(gateway.sourced.configuration, configuration);
  gateway.adoptConfiguration(sourced, roll ? ["proxy"] : []);
  gateway.logger.info(
    { opened: opened.map(({ name }) => name), removed: removed.map(({ name }) => name) },
    "the configuration is read anew",
  );
}

/** A new door is opened before an old one is closed: at an address of the same port it never could be. */
function refuseOwnPort(held: readonly Door[], added: readonly Listener[]): void {
  for (const listener of added) {
    const own = held.find((door) => collide(door, listener));
    if (own === undefined) continue;
    throw new SupervisorError(
      "change-needs-restart",
      `${listener.name} and ${own.name}, at which this gateway listens now, are the same port: it cannot move from one to the ` +
        "other while it runs. Stop it and start it again, or take another port",
    );
  }
}

/**
 * The file that the configuration came from is not there now, moved aside by an editor or a deployment: to go on without any would
 * take away every route. `now`: null where none was found.
 */
export function refuseGoneFile(before: string | null, now: string | null): void {
  if (before === null || now !== null) return;
  throw new SupervisorError(
    "configuration-invalid",
    `${before} is gone; the configuration that was read from it stays. To go on without a file: \`skein stop\`, then \`skein up\``,
  );
}

/**
 * Something has changed that proxies learn at their start alone. Where they follow controllers of other hosts, that is what clients
 * find at this host's listeners, certificates among it: no routing table tells it to them.
 */
export function isToldAtStart(now: GatewayConfiguration, wanted: GatewayConfiguration): boolean {
  if (wanted.join === undefined) return false;
  return !isDeepStrictEqual(now.traffic.proxy.receptions, wanted.traffic.proxy.receptions);
}

/** What is not in force leaves no door open. */
function writeOrClose(
  { places }: GatewaySupervisor,
  sourced: SourcedConfiguration,
  opened: readonly Door[],
): void {
  try {
    writeConfiguration(places, sourced);
  } catch (error) {
    for (const door of opened) door.close();
    throw error;
  }
}

export function refuseWhatNeedsRestart(now: GatewayConfiguration, wanted: GatewayConfiguration): void {
  const changed = (["state", "control", "store", "join"] as const).filter(
    (key) => JSON.stringify(now[key]) !== JSON.stringify(wanted[key]),
  );
  if (changed.length === 0) return;
  throw new SupervisorError(
    "change-needs-restart",
    `${changed.join(" and ")} cannot change while the gateway runs: stop it and start it again`,
  );
}
