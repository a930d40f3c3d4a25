import type { Command } from "commander";

/** The verbs as `skein --help` shows them: by what somebody is about to do, the usual ones first. */
export const verbGroups: Readonly<Record<string, readonly string[]>> = {
  "Start:": ["demo", "dev", "up", "run"],
  "Look:": "top ps services routes leader status describe events diff logs requests why route".split(" "),
  "Act:": ["drain", "undrain", "weight", "reload", "upgrade", "stop", "store"],
  "Set up:": ["config", "token", "ca", "keepalived-config", "schema", "completion", "help"],
};

/** Puts the verbs of a program that has them all into their groups, in their order. */
export function groupVerbs(program: Command): void {
  const order = Object.values(verbGroups).flat();
  for (const command of program.commands) {
    const group = Object.entries(verbGroups).find(([, verbs]) => verbs.includes(command.name()));
    if (group !== undefined) command.helpGroup(group[0]);
  }
  const place = (command: Command): number => {
    const at = order.indexOf(command.name());
    return at === -1 ? order.length : at;
  };
  // They are shown in the order of this list, which has no other meaning.
  (program.commands as Command[]).sort((one, other) => place(one) - place(other));
  // The verb `help` is commander's own.
  program.commandsGroup("Set up:").helpCommand(true);
}
