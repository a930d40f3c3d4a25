import type { Command, Option } from "commander";
import { problemCodes } from "../../protocol/problem.ts";

/** Names of what runs, which only a controller knows. */
export type NameKind = "worker" | "service" | "route" | "process" | "token";

/** What may follow: words of the program, and names of these kinds. */
export interface Candidates {
  words: readonly string[];
  names: readonly NameKind[];
}

const argumentNames: Readonly<Record<string, readonly NameKind[]>> = {
  drain: ["worker"],
  undrain: ["worker"],
  weight: ["worker"],
  describe: ["worker", "service", "route"],
  "token rotate": ["token"],
  "token revoke": ["token"],
};

const optionNames: Readonly<Record<string, readonly NameKind[]>> = {
  "--service": ["service"],
  "--process": ["process"],
};

/** Too many to be told with the help of the option, as its choices would be. */
const optionWords: Readonly<Record<string, readonly string[]>> = {
  "--code": problemCodes,
};

/** `typed`: the words after `skein`, the last one as far as it was typed. */
export function candidates(program: Command, typed: readonly string[]): Candidates {
  const words = typed.slice(0, -1);
  const last = typed.at(-1) ?? "";
  const { command, path, given, open } = walked(program, words);
  if (open !== undefined) {
    const long = open.long ?? "";
    return { words: open.argChoices ?? optionWords[long] ?? [], names: optionNames[long] ?? [] };
  }
  if (last.startsWith("-")) {
    return { words: optionsOf(command).map(({ long, short }) => long ?? short ?? ""), names: [] };
  }
  const children = command.commands.filter((child) => !isHidden(child)).map((child) => child.name());
  if (children.length > 0) return { words: children, names: [] };
  const choices = command.registeredArguments[given]?.argChoices ?? [];
  return { words: choices, names: given === 0 ? (argumentNames[path.join(" ")] ?? []) : [] };
}

interface Walked {
  command: Command;
  path: string[];
  /** Arguments that stand there already. */
  given: number;
  /** The option whose value comes next. */
  open: Option | undefined;
}

function walked(program: Command, words: readonly string[]): Walked {
  const at: Walked = { command: program, path: [], given: 0, open: undefined };
  for (const word of words) {
    if (at.open !== undefined) at.open = undefined;
    else if (word.startsWith("-")) {
      const option = optionsOf(at.command).find(({ long, short }) => word === long || word === short);
      at.open = option?.required === true ? option : undefined;
    } else {
      const child = at.command.commands.find((one) => one.name() === word);
      if (child === undefined) at.given += 1;
      else {
        at.command = child;
        at.path.push(word);
      }
    }
  }
  return at;
}

function optionsOf(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command);
}

function isHidden(command: Command): boolean {
  const parent = command.parent;
  return parent !== null && !parent.createHelp().visibleCommands(parent).includes(command);
}

/** What a shell would not take for one word is left out, whoever chose the name. */
const harmless = /^[\w@%+.,/:=-]+$/;

export function matching(words: readonly string[], last: string): string[] {
  return [...new Set(words)].filter((word) => word.startsWith(last) && harmless.test(word)).sort();
}
