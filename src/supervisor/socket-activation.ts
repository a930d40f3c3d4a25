import { doorAddress, type Door, inheritDoor } from "./doors.ts";

const firstActivatedDescriptor = 3;

/**
 * Sockets that systemd opened (`LISTEN_FDS`, `LISTEN_PID`, `LISTEN_FDNAMES`). Each is known by its address; one that
 * is named `control` is the control API's. Read once: the variables are removed, as children must not see them.
 */
export function takeActivatedDoors(environment = process.env): Door[] {
  const { LISTEN_PID: pid, LISTEN_FDS: count, LISTEN_FDNAMES: names = "" } = environment;
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete environment[name];
  if (pid !== String(process.pid) || count === undefined) return [];
  const named = names.split(":");
  return Array.from({ length: Number(count) || 0 }, (_, index) => {
    const door = inheritDoor("", firstActivatedDescriptor + index);
    return { ...door, name: named[index] === "control" ? "control" : doorAddress(door) };
  });
}

/** The activated door for a configured address: the same port, and the same host where the door has one. */
export function takeMatching(
  activated: Door[],
  wanted: { name: string; host: string; port: number },
): Door | undefined {
  const index = activated.findIndex(
    (door) =>
      door.name === wanted.name ||
      (door.name !== "control" &&
        door.port === wanted.port &&
        (door.host === wanted.host || isAnyHost(door.host) || isAnyHost(wanted.host))),
  );
  const [door] = index === -1 ? [] : activated.splice(index, 1);
  return door === undefined ? undefined : { ...door, name: wanted.name };
}

function isAnyHost(host: string): boolean {
  return host === "" || host === "::" || host === "0.0.0.0";
}
