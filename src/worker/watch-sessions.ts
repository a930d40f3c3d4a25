/**
 * The watch thread's work. It holds the sessions and watches the main thread, so that a service whose event loop is
 * stuck still answers its controllers, and says that it is stuck.
 */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../runtime/clock.ts";
import { systemRandom } from "../runtime/random.ts";
import { authorityOf } from "./authority-file.ts";
import { freezeLimits, look, startFreezeWatch } from "./freeze-watch.ts";
import { controllerSeeds } from "./locate.ts";
import { Membership } from "./membership.ts";
import { goAlone, readLoad, readStampMs, sharedLoadIn } from "./shared-load.ts";
import type { ThreadJoin, ThreadNews, ThreadOrder, ThreadStart } from "./thread-words.ts";
import { webSocketConnect } from "./web-socket.ts";

const start = workerData as ThreadStart;
const shared = sharedLoadIn(start.load);
let membership: Membership | undefined;

function tell(news: ThreadNews): void {
  parentPort?.postMessage(news, []);
}

function join(told: ThreadJoin): void {
  if (membership !== undefined) return;
  const life = told.life ?? goAlone(shared);
  membership = new Membership(told.registration, life, {
    clock: systemClock,
    random: systemRandom,
    connect: webSocketConnect(start.token, authorityOf(start.ca)),
    seeds: () => controllerSeeds(start.control, start.state),
    load: () => readLoad(shared, process.memoryUsage.rss()),
    tell,
  });
  if (told.draining) membership.drain();
}

function obey(order: ThreadOrder): void {
  if (order.t === "join") join(order.join);
  if (order.t === "drain") {
    if (membership === undefined) tell({ t: "drained" });
    else membership.drain();
  }
  if (order.t === "leave") {
    if (membership === undefined) tell({ t: "left" });
    else membership.leave();
  }
}

parentPort?.on("message", obey);
if (start.join !== undefined) join(start.join);

let watch = startFreezeWatch(systemClock.now());
systemClock.every(freezeLimits.tickMs, () => {
  const seen = look(watch, readStampMs(shared), systemClock.now());
  watch = seen.watch;
  if (seen.news.kind === "blocked") membership?.blocked(seen.news.ageMs);
  if (seen.news.kind === "unblocked") membership?.unblocked();
});
