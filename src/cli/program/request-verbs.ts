import { type Command, Option } from "commander";
import type { ControlOptions } from "../find-control.ts";
import type { Stage } from "../program.ts";
import type { RequestsOptions } from "../verbs/requests.ts";
import { type WatchOptions, watched } from "../watch.ts";
import { withControl, withWatch } from "./with-control.ts";

/** What became of requests. */
export function addRequestVerbs(program: Command, stage: Stage): void {
  withWatch(withControl(program.command("why")))
    .description("why a request was answered as it was, and what to do")
    .argument("<request-id>", "from x-request-id, the answer's body, or a log")
    .addHelpText(
      "after",
      `
Exit code 1: no proxy has a record of it. Kept are recent requests that failed,
were slow, or are samples.

Examples:
  skein why 8c1f02-4k
  skein why 8c1f02-4k --json | jq .request.why`,
    )
    .action(async (id: string, options: ControlOptions & WatchOptions & { json?: boolean }) => {
      const { why } = await import("../verbs/why.ts");
      stage.ended(await watched(options, stage.terminal, (each, page) => why(id, each, page)));
    });
  withWatch(withControl(program.command("requests")))
    .description("recent requests that failed, were slow, or are samples")
    .option("-n, --lines <count>", "at most so many", "20")
    .addOption(new Option("--kept <kind>", "only these").choices(["failed", "slow", "sampled"]))
    .option("--code <code>", "only those that the gateway answered so: no-live-worker")
    .option("-s, --service <name>", "only those of this service")
    .option("--slowest", "the slowest first, instead of the newest")
    .addHelpText("after", "\nExamples:\n  skein requests --kept failed\n  skein requests --slowest -n 5")
    .action(async (options: RequestsOptions & WatchOptions) => {
      const { requests } = await import("../verbs/requests.ts");
      stage.ended(await watched(options, stage.terminal, requests));
    });
}
