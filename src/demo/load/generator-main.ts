// The load generator in a process of its own: told what to do by messages, it answers with records in batches.
import { setPriority } from "node:os";
import { systemClock } from "../../runtime/clock.ts";
import type { GeneratorCommand, GeneratorReport } from "./generator.ts";
import { OpenLoop } from "./open-loop.ts";
import type { RequestRecord } from "./record.ts";

const batchEveryMs = 50;

let loop: OpenLoop | undefined;
let batch: RequestRecord[] = [];

function say(report: GeneratorReport): void {
  // Nobody there to read it: `disconnect` ends this process.
  process.send?.(report, undefined, undefined, () => {});
}

function flush(): void {
  if (batch.length === 0) return;
  say({ t: "records", records: batch });
  batch = [];
}

process.on("message", (command: GeneratorCommand) => {
  if (command.t === "start") {
    loop = new OpenLoop(command.options, systemClock, (record) => batch.push(record));
    loop.start();
    setInterval(flush, batchEveryMs).unref();
    say({ t: "started", at: systemClock.now() });
  } else {
    void loop?.stop().then((report) => {
      flush();
      say({ t: "ended", report });
    });
  }
});
try {
  // On time on a busy machine, where that is allowed. How late it was is reported in any case.
  setPriority(-10);
} catch {
  // Not allowed: only root may.
}
process.on("disconnect", () => process.exit(0));
say({ t: "ready" });
