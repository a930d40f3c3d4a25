// Loaded into every process of a soak (NODE_OPTIONS), its threads included: they collect their garbage every few seconds.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Left to itself, a process with little to do collects once in many minutes: its memory climbs until then. */
const everyMs = 5_000;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
setInterval(() => collect(), everyMs).unref();
