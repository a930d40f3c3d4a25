// The load generator in a process of its own, told by messages what to do. One crowd at a time.
import { setPriority } from "node:os";
import { Crowd } from "./crowd.ts";
import type { GeneratorCommand, GeneratorReport } from "./generator.ts";

let crowd: Crowd | undefined;

async function obey(command: GeneratorCommand): Promise<GeneratorReport> {
  switch (command.t) {
    case "open":
      crowd?.close();
      crowd = new Crowd(command.orders);
      await crowd.open();
      return { t: "done" };
    case "run-open":
      return { t: "done", record: await present(crowd).runOpen(command.perSecond, command.seconds) };
    case "run-closed":
      return { t: "done", record: await present(crowd).runClosed(command.seconds) };
    case "close":
      crowd?.close();
      crowd = undefined;
      return { t: "done" };
  }
}

function present(one: Crowd | undefined): Crowd {
  if (one === undefined) throw new Error("nothing was opened");
  return one;
}

try {
  // It shares its core with the workers, and must be on time before them.
  setPriority(-10);
} catch {
  // Not allowed: only root may. How late it was is reported in any case.
}
process.on("disconnect", () => process.exit(0));
process.on("message", (command: GeneratorCommand) => {
  obey(command).then(
    (report) => process.send?.(report),
    (error: Error) => process.send?.({ t: "failed", detail: error.message } satisfies GeneratorReport),
  );
});
