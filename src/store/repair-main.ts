/**
 * Entry: makes the store of a gateway usable again. Run by the supervisor when a controller ended with
 * `exitCodes.storeCorrupt`, and only after every controller has stopped.
 *
 * `repair-main --state DIR --term-floor N`. Prints one JSON line (`Repair`); exit code 0, or 1 with a message.
 */
import { parseArgs } from "node:util";
import { systemClock } from "../runtime/clock.ts";
import { createLogger } from "../runtime/logger.ts";
import { placesIn } from "../runtime/places.ts";
import { systemRandom } from "../runtime/random.ts";
import { repairStore } from "./repair.ts";

const logger = createLogger({ role: "repair" });
const { values } = parseArgs({
  options: { state: { type: "string" }, "term-floor": { type: "string", default: "0" } },
});
const termFloor = Number(values["term-floor"]);

if (values.state === undefined || !Number.isSafeInteger(termFloor) || termFloor < 0) {
  logger.error({}, "usage: repair-main --state DIR --term-floor N (an integer of 0 or more)");
  process.exitCode = 1;
} else {
  // Timers of the clock do not keep a process alive; this one must live until the work is done.
  const awake = setInterval(() => {}, 1000);
  try {
    const repair = await repairStore(placesIn(values.state).database, termFloor, systemClock, systemRandom);
    if (repair.kind === "replaced") logger.warn({ ...repair }, "the store was damaged and is begun anew");
    process.stdout.write(`${JSON.stringify(repair)}\n`);
  } catch (error) {
    logger.error({ err: error }, "the store cannot be repaired");
    process.exitCode = 1;
  } finally {
    clearInterval(awake);
  }
}
