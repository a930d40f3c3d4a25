import type { Command } from "commander";
import { addConfigurationFlags } from "../configuration-flags.ts";
import type { ControlOptions } from "../find-control.ts";
import type { Stage } from "../program.ts";
import type { ConfigOptions } from "../verbs/config.ts";
import { type WatchOptions, watched } from "../watch.ts";
import { withControl, withWatch } from "./with-control.ts";

/** What reads a configuration, and changes nothing. */
export function addConfigurationVerbs(program: Command, stage: Stage): void {
  const config = program.command("config").description("questions about a configuration");
  const verb = (name: string, description: string, example: string): Command =>
    withWatch(addConfigurationFlags(config.command(name)))
      .description(description)
      .argument("[file]", "the configuration (default: that of this directory)")
      .option("--json", "JSON on stdout")
      .addHelpText("after", `\nExit code 2: the configuration is wrong.\n\nExamples:\n${example}`);
  verb(
    "check",
    "whether a configuration is valid, and what is wrong with it",
    "  skein config check skein.config.ts",
  ).action(async (file: string | undefined, options: ConfigOptions & WatchOptions) => {
    const { check } = await import("../verbs/config.ts");
    stage.ended(await watched(options, stage.terminal, (each, page) => check(file, each, page)));
  });
  verb(
    "print",
    "what is in force with every default, and what came from where",
    "  skein config print\n  SKEIN_PROXIES=4 skein config print --listen :80",
  ).action(async (file: string | undefined, options: ConfigOptions & WatchOptions) => {
    const { print } = await import("../verbs/config.ts");
    stage.ended(await watched(options, stage.terminal, (each, page) => print(file, each, page)));
  });
  withWatch(withControl(config.command("show")))
    .description("what the running gateway was started or reloaded with")
    .option("--origins", "and where each value came from: default, file, variable, flag")
    .addHelpText("after", "\nExamples:\n  skein config show --origins")
    .action(async (options: ControlOptions & WatchOptions & { json?: boolean; origins?: boolean }) => {
      const { show } = await import("../verbs/config.ts");
      stage.ended(await watched(options, stage.terminal, show));
    });
  program
    .command("schema")
    .description("the JSON Schema of a configuration file, for editors")
    .addHelpText("after", "\nExamples:\n  skein schema > skein.schema.json")
    .action(async () => {
      const { schema } = await import("../verbs/config.ts");
      stage.ended(await schema(stage.terminal));
    });
}
