import type { Places } from "../runtime/places.ts";
import { isAlive, type ProcessIdentity } from "../runtime/process-identity.ts";
import { readLock } from "../runtime/process-lock.ts";
import { type ChildRecord, readChildren } from "./state-directory.ts";

/** The children of the gateway in this state directory that live now. */
export function livingChildren(places: Places): ChildRecord[] {
  return (readChildren(places)?.children ?? []).filter((child) => isAlive(child));
}

export function livingSupervisor(places: Places): ProcessIdentity | null {
  const holder = readLock(places.supervisorLock);
  return holder !== null && isAlive(holder) ? holder : null;
}
