import type { Command } from "commander";
import type { Stage } from "../program.ts";
import type { CreateOptions, TokenOptions } from "../verbs/token.ts";
import { type WatchOptions, watched } from "../watch.ts";
import { withControl, withWatch } from "./with-control.ts";

/** `skein token ...` */
export function addTokenVerbs(program: Command, stage: Stage): void {
  const token = program.command("token").description("join tokens, for workers and gateways of other hosts");
  withControl(token.command("create"))
    .description("make one; it is printed this once")
    .option("--scope <scope>", "worker or gateway", "worker")
    .option("--service <name...>", "only as workers of these services (default: all)")
    .option("--expires <time>", "nobody new joins after it, like 12h or 30d (default: never)")
    .addHelpText(
      "after",
      `
Examples:
  skein token create > join-token
  skein token create --service orders --expires 30d
  skein token create --scope gateway`,
    )
    .action(async (options: CreateOptions) => {
      const { create } = await import("../verbs/token.ts");
      stage.ended(await create(options, stage.terminal));
    });
  withWatch(withControl(token.command("list")))
    .description("which there are, without their secrets")
    .addHelpText("after", "\nExamples:\n  skein token list\n  skein token list --json")
    .action(async (options: TokenOptions & WatchOptions) => {
      const { list } = await import("../verbs/token.ts");
      stage.ended(await watched(options, stage.terminal, list));
    });
  withControl(token.command("rotate"))
    .description("give one a new secret; the one before stays good until the next")
    .argument("<id>", "as `skein token list` shows it")
    .addHelpText("after", "\nExamples:\n  skein token rotate 1a2b3c4d > join-token")
    .action(async (id: string, options: TokenOptions) => {
      const { rotate } = await import("../verbs/token.ts");
      stage.ended(await rotate(id, options, stage.terminal));
    });
  withControl(token.command("revoke"))
    .description("end one: who joined by it is cut, nobody comes by it any more")
    .argument("<id>", "as `skein token list` shows it")
    .addHelpText("after", "\nExamples:\n  skein token revoke 1a2b3c4d")
    .action(async (id: string, options: TokenOptions) => {
      const { revoke } = await import("../verbs/token.ts");
      stage.ended(await revoke(id, options, stage.terminal));
    });
}
