// The rough clients, in a process of their own.
import { systemClock } from "../../runtime/clock.ts";
import { seededRandom } from "../../runtime/random.ts";
import { RoughClients } from "./rough-clients.ts";
import type { RoughCommand, RoughReport } from "./rough-messages.ts";

const reportEveryMs = 1_000;

let clients: RoughClients | undefined;

function tell(lastEnded: boolean): void {
  if (clients === undefined) return;
  const report: RoughReport = { t: "counts", counts: clients.counts, lastEnded };
  // Nobody there to read it: `disconnect` ends this process.
  process.send?.(report, undefined, undefined, () => {});
}

process.on("message", (command: RoughCommand) => {
  if (command.t === "start") {
    clients = new RoughClients(command.options, systemClock, seededRandom(command.seed));
    clients.start();
    setInterval(() => tell(false), reportEveryMs).unref();
  } else {
    void clients?.stop().then(() => tell(true));
  }
});
process.on("disconnect", () => process.exit(0));
