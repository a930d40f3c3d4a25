import { collide } from "../core/registry/address.ts";
import type { ListenAddress } from "../protocol/configuration.ts";
import { doorAddress, type Door, inheritDoor } from "./doors.ts";
import { SupervisorError } from "./supervisor-error.ts";

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

type Wanted = ListenAddress & { name: string };

/** Where the control API will be: a socket of systemd that is named so may have another address than the configuration says. */
export function controlAddress(
  activated: readonly Door[],
  { control }: { control: ListenAddress },
): ListenAddress {
  const { host, port } = matching(activated, { name: "control", ...control }) ?? control;
  return { host, port };
}

/**
 * The activated door for a configured address: the same port, and the same host unless every host is wanted. One that others can reach
 * never stands for one that they cannot.
 */
function matching(activated: readonly Door[], wanted: Wanted): Door | undefined {
  return activated.find(
    (door) =>
      door.name === wanted.name ||
      (door.name !== "control" &&
        door.port === wanted.port &&
        (door.host === wanted.host || isAnyHost(wanted.host))),
  );
}

/** Throws where a door is in the way of the configured address. */
export function takeMatching(activated: Door[], wanted: Wanted): Door | undefined {
  const door = matching(activated, wanted);
  if (door === undefined) {
    refuseInTheWay(activated, wanted);
    return undefined;
  }
  activated.splice(activated.indexOf(door), 1);
  return { ...door, name: wanted.name };
}

/** To open the address would only say that another program has it. */
function refuseInTheWay(activated: readonly Door[], wanted: Wanted): void {
  const door = activated.find((each) => each.name !== "control" && collide(each, wanted));
  if (door === undefined) return;
  const [theirs, ours] = [doorAddress(door), doorAddress(wanted)];
  throw new SupervisorError(
    "address-unavailable",
    `the socket of systemd listens at ${theirs}, the configuration says ${ours}: write ListenStream=${ours} into the socket's unit, ` +
      `or ${theirs} into the configuration`,
  );
}

function isAnyHost(host: string): boolean {
  return host === "" || host === "::" || host === "0.0.0.0";
}
