import { Command } from "commander";
import { packageVersion } from "../protocol/version.ts";
import { addCaVerbs } from "./program/ca-verbs.ts";
import { addConfigurationVerbs } from "./program/configuration-verbs.ts";
import { addGatewayVerbs } from "./program/gateway-verbs.ts";
import { groupVerbs } from "./program/groups.ts";
import { addLocalVerbs } from "./program/local-verbs.ts";
import { addLookVerbs } from "./program/look-verbs.ts";
import { addOperatorVerbs } from "./program/operator-verbs.ts";
import { addRequestVerbs } from "./program/request-verbs.ts";
import { addTokenVerbs } from "./program/token-verbs.ts";
import type { Terminal } from "./terminal.ts";

/** What every verb is given. */
export interface Stage {
  readonly terminal: Terminal;
  /** Takes the exit code of the verb that ran. */
  ended(code: number): void;
}

/** The whole command line. Each verb's code is loaded only when it is used. */
export function buildProgram(stage: Stage): Command {
  const program = new Command("skein")
    .description("A microservice cluster that keeps answering.")
    .version(packageVersion, "-V, --version")
    .showHelpAfterError("(try --help)")
    .configureHelp({ helpWidth: 80 })
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText(
      "after",
      `
Exit codes: 0 done; 1 it did not succeed; 2 the command line or the
configuration is wrong.

Examples:
  skein demo                          a cluster of real processes, to play with
  skein dev server.js -i 3            your app three times, behind a gateway
  skein up --config skein.config.ts   a gateway
  skein ps                            its workers`,
    );
  addLocalVerbs(program, stage);
  addGatewayVerbs(program, stage);
  addOperatorVerbs(program, stage);
  addRequestVerbs(program, stage);
  addLookVerbs(program, stage);
  addTokenVerbs(program, stage);
  addCaVerbs(program, stage);
  addConfigurationVerbs(program, stage);
  groupVerbs(program);
  return program;
}
