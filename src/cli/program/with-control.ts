import type { Command } from "commander";

/** Every verb that speaks to the control API finds it in the same way. */
export function withControl(command: Command): Command {
  return command
    .option("--state <directory>", "state directory of the gateway (default: SKEIN_STATE, else ./.skein)")
    .option("--control <address>", "the control API (default: SKEIN_CONTROL, else as --state says)")
    .option("--token <token>", "operators' token (default: SKEIN_TOKEN, else that of --state)")
    .option("--ca <file>", "who vouches for it (default: as the state directory)")
    .option("--json", "JSON on stdout");
}

/** A verb that only reads. */
export function withWatch(command: Command): Command {
  return command.option("-w, --watch [seconds]", "again and again until Ctrl-C (default: every 2 s)");
}
