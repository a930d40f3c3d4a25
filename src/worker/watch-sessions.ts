/**
 * The watch thread's work. It holds the sessions and watches the main thread, so that a service whose event loop is
 * stuck still answers its controllers, and says that it is stuck.
 */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../runtime/clock.ts";
import { systemRandom } from "../runtime/random.ts";
import { authorityOf } from "./authority-file.ts";
import { freezeLimits, look, startFreezeWatch } from "./freeze-watch.ts";
import { HeldMembership } from "./held-membership.ts";
import { readStampMs, sharedLoadIn } from "./shared-load.ts";
import type { ThreadOrder, ThreadStart } from "./thread-words.ts";
import { webSocketConnect } from "./web-socket.ts";

const start = workerData as ThreadStart;
const shared = sharedLoadIn(start.load);
const held = new HeldMembership(
  start,
  { clock: systemClock, random: systemRandom, connect: webSocketConnect(start.token, authorityOf(start.ca)) },
  (news) => parentPort?.postMessage(news, []),
);
parentPort?.on("message", (order: ThreadOrder) => held.obey(order));

let watch = startFreezeWatch(systemClock.now());
systemClock.every(freezeLimits.tickMs, () => {
  const seen = look(watch, readStampMs(shared), systemClock.now());
  watch = seen.watch;
  if (seen.news.kind === "blocked") held.blocked(seen.news.ageMs);
  if (seen.news.kind === "unblocked") held.unblocked();
});
