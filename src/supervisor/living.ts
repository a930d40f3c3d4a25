import type { Places } from "../runtime/places.ts";
import { identify, isAlive, type ProcessIdentity } from "../runtime/process-identity.ts";
import { readLock } from "../runtime/process-lock.ts";
import { type ChildRecord, readChildren, readGatewayFile } from "./state-directory.ts";

/** The children of the gateway in this state directory that live now. */
export function livingChildren(places: Places): ChildRecord[] {
  return (readChildren(places)?.children ?? []).filter((child) => isAlive(child));
}

export function livingSupervisor(places: Places): ProcessIdentity | null {
  const holder = readLock(places.supervisorLock);
  if (holder === null) return supervisorWithoutLock(places);
  return isAlive(holder) ? holder : null;
}

/**
 * An older version kept the lock wherever TMPDIR led, and one that was cleaned away is not made anew at once: while its processes live,
 * the gateway's file tells who it is. A lock that names somebody who has ended is no such case, and the pid in the file may be anybody's then.
 */
function supervisorWithoutLock(places: Places): ProcessIdentity | null {
  const file = livingChildren(places).length > 0 ? readGatewayFile(places) : null;
  return file && identify(file.pid);
}
