import { Command } from "commander";
import { packageVersion } from "../protocol/version.ts";
import { addConfigurationFlags } from "./configuration-flags.ts";
import type { Terminal } from "./terminal.ts";
import type { UpOptions } from "./verbs/up.ts";

/** Gives the exit code of the verb that ran. */
export type Ended = (code: number) => void;

/** The whole command line. Each verb's code is loaded only when it is used. */
export function buildProgram(terminal: Terminal, ended: Ended): Command {
  const program = new Command("skein")
    .description("A microservice cluster that keeps answering.")
    .version(packageVersion, "-V, --version")
    .showHelpAfterError("(try --help)")
    .configureHelp({ helpWidth: 80 })
    .exitOverride();
  addUp(program, terminal, ended);
  return program;
}

function addUp(program: Command, terminal: Terminal, ended: Ended): void {
  addConfigurationFlags(program.command("up"))
    .description("run a gateway: proxies, controllers, and what keeps them alive")
    .option("--attach", "when it runs already, stand in for it instead of failing (for systemd)")
    .addHelpText(
      "after",
      `
Examples:
  skein up                                 a configuration of this directory, or none
  skein up --config web.json --listen :80
  SKEIN_PROXIES=4 skein up`,
    )
    .action(async (options: UpOptions) => {
      const { up } = await import("./verbs/up.ts");
      ended(await up(options, terminal));
    });
}
