import type { Command } from "commander";
import type { Stage } from "../program.ts";
import type { CaOptions, IssueOptions } from "../verbs/ca.ts";

/** `skein ca ...`: works on files alone, wherever the authority is kept. */
export function addCaVerbs(program: Command, stage: Stage): void {
  const ca = program.command("ca").description("the cluster's own certificate authority");
  ca.command("init")
    .description("make it; its key is for this user alone")
    .option("--dir <directory>", "where (default: ./skein-ca)")
    .addHelpText("after", "\nExamples:\n  skein ca init\n  skein ca init --dir /root/skein-ca")
    .action(async (options: CaOptions) => {
      const { init } = await import("../verbs/ca.ts");
      stage.ended(await init(options, stage.terminal));
    });
  ca.command("issue")
    .description("make a certificate for a gateway, or renew it")
    .requiredOption("--host <host...>", "names and addresses by which others reach it")
    .option("--dir <directory>", "where the authority is (default: ./skein-ca)")
    .option("--state <directory>", "the gateway's state directory (default: ./.skein)")
    .option("--days <count>", "for how long (default: 90)")
    .addHelpText(
      "after",
      `
Examples:
  skein ca issue --host 10.0.0.5
  skein ca issue --host a.internal 10.0.0.5 --state /var/lib/skein`,
    )
    .action(async (options: IssueOptions) => {
      const { issue } = await import("../verbs/ca.ts");
      stage.ended(await issue(options, stage.terminal));
    });
}
