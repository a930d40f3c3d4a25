import type { Clock } from "../runtime/clock.ts";
import type { Random } from "../runtime/random.ts";
import { companions, moveAside } from "./move-aside.ts";
import { createAnew } from "./sqlite-create.ts";
import { salvageFrom } from "./sqlite-salvage.ts";
import { SqliteStore } from "./sqlite.ts";
import { StoreCorrupt } from "./store.ts";

const wordsKept = "Its drains, weights and join tokens were sound, and stand";
const wordsLost =
  "Its drains, weights and join tokens are lost: set them again, and make tokens for the workers that join by one";

export type Repair = { kind: "intact" } | { kind: "replaced"; movedTo: string; cause: string };

/**
 * Makes the store usable again while no controller runs. A damaged file (with its log) is moved aside, never
 * deleted, and a new one is made with what is sound in it. In either case every later term is above `termFloor`, the highest term that a
 * proxy, a worker or the supervisor has seen: so nobody takes the new leader's words for old.
 */
export async function repairStore(
  file: string,
  termFloor: number,
  clock: Clock,
  random: Random,
): Promise<Repair> {
  const cause = await damageOf(file, termFloor, clock, random);
  if (cause === undefined) return { kind: "intact" };
  const salvage = salvageFrom(file);
  let movedTo = "";
  const moveAway = (): void => void (movedTo = moveAside(file, "corrupt", [...companions, ""]));
  createAnew(file, moveAway, Math.max(termFloor, salvage.term), salvage);
  const store = new SqliteStore({ file, clock, random });
  await store.open();
  await raiseTerm(store, termFloor, {
    message: `The store was damaged and has been begun anew. ${salvage.wordsLost ? wordsLost : wordsKept}. The old file: ${movedTo}`,
    at: clock.wallTime(),
  });
  await store.close();
  return { kind: "replaced", movedTo, cause };
}

async function damageOf(
  file: string,
  termFloor: number,
  clock: Clock,
  random: Random,
): Promise<string | undefined> {
  const store = new SqliteStore({ file, clock, random });
  try {
    await store.open();
    await raiseTerm(store, termFloor);
    return undefined;
  } catch (error) {
    if (error instanceof StoreCorrupt) return error.detail;
    throw error;
  } finally {
    await store.close();
  }
}

async function raiseTerm(
  store: SqliteStore,
  termFloor: number,
  replaced?: { message: string; at: string },
): Promise<void> {
  const { leadership } = await store.read();
  if (leadership.term > termFloor && replaced === undefined) return;
  const holder = "repair";
  const term = await store.acquire(holder, leadership, termFloor);
  if (term === undefined) return;
  const lease = { holder, term };
  if (replaced !== undefined) {
    await store.write(lease, [{ kind: "event", event: { kind: "store-replaced", ...replaced } }]);
  }
  await store.resign(lease);
}
