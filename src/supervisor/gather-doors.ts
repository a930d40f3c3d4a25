import type { GatewayConfiguration, Listener } from "../protocol/configuration.ts";
import type { SupervisorAssignment } from "../protocol/supervision.ts";
import { type ControlDoor, type Door, doorAddress, inheritDoor, openDoor, openDoors } from "./doors.ts";
import { takeMatching } from "./socket-activation.ts";
import { SupervisorError } from "./supervisor-error.ts";

export interface Doors {
  control: ControlDoor;
  listeners: Door[];
  /** Sockets that systemd gave and that no listener matches. They stay open and are of no use. */
  unused: Door[];
}

/** Inherited sockets first, then systemd's; what is still missing is opened. Throws when one cannot be. */
export async function gatherDoors(
  { listeners, control }: GatewayConfiguration,
  assignment: SupervisorAssignment | null,
  activated: Door[],
  controlIsSecure: boolean,
): Promise<Doors> {
  const found = new Map<string, Door>();
  for (const { name, fd } of assignment?.listeners ?? []) found.set(name, inheritDoor(name, fd));
  for (const listener of listeners) {
    const door = found.get(listener.name) ?? takeMatching(activated, listener);
    if (door !== undefined) refuseAnotherPort(door, listener);
    if (door !== undefined) found.set(listener.name, door);
  }
  for (const door of await openDoors(listeners.filter(({ name }) => !found.has(name))))
    found.set(door.name, door);
  const handed = assignment === null ? undefined : inheritDoor("control", assignment.control.fd);
  const controlDoor =
    handed ??
    takeMatching(activated, { name: "control", ...control }) ??
    (await openDoor("control", control));
  const wanted = new Set(listeners.map(({ name }) => name));
  for (const door of found.values()) if (!wanted.has(door.name)) door.close();
  return {
    control: { ...controlDoor, secure: controlIsSecure },
    listeners: listeners.flatMap(({ name }) => found.get(name) ?? []),
    unused: activated,
  };
}

/** A number that was a listener's may be another socket's by now, which would never take a connection. */
function refuseAnotherPort(door: Door, { name, port }: Listener): void {
  if (port === 0 || door.port === port) return;
  throw new SupervisorError(
    "address-unavailable",
    `descriptor ${door.fd} was handed over as ${name}, and is a socket at ${doorAddress(door)}`,
  );
}
