import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "commander";
import { buildProgram } from "./program.ts";
import { verbGroups } from "./program/groups.ts";

const silent = {
  terminal: { columns: 80, out: () => {}, note: () => {}, paint: (_: unknown, text: string) => text },
  ended: () => {},
};

/** The verbs that do something, by their full name. */
function verbs(command: Command, prefix = ""): Map<string, Command> {
  const found = new Map<string, Command>();
  for (const child of command.commands) {
    const name = `${prefix}${child.name()}`;
    if (child.commands.length === 0) found.set(name, child);
    for (const [inner, each] of verbs(child, `${name} `)) found.set(inner, each);
  }
  return found;
}

/** What `--help` prints. */
function help(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (piece) => (text += piece) });
  command.outputHelp();
  return text;
}

test("every verb is there", () => {
  const expected =
    "ca init, ca issue, complete, completion, config check, config print, config show, demo, describe, dev, diff, drain, events, keepalived-config, leader, logs, ps, reload, requests, route test, routes, run, schema, services, status, stop, store adopt, store republish, store status, token create, token list, token revoke, token rotate, top, undrain, up, upgrade, weight, why";
  assert.equal([...verbs(buildProgram(silent)).keys()].sort().join(", "), expected);
});

test("skein --help shows every verb in the group of what it is for, and none without one", () => {
  const program = buildProgram(silent);
  const groups = new Map(
    [...help(program).matchAll(/^(\S[^\n]*:)\n((?: {2}.*\n)+)/gm)].map(([, heading = "", lines = ""]) => [
      heading,
      [...lines.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, verb]) => verb),
    ]),
  );
  assert.deepEqual(
    Object.fromEntries(Object.keys(verbGroups).map((one) => [one, groups.get(one)])),
    verbGroups,
  );
  const known = new Set(Object.values(verbGroups).flat());
  const loose = program.commands.map((one) => one.name()).filter((name) => !known.has(name));
  assert.deepEqual(loose, ["complete"], "for shells alone, and hidden");
});

test("whatever reads has --json, and goes on with --watch or follows by itself", () => {
  const changes =
    "demo, dev, up, run, drain, undrain, weight, reload, upgrade, stop, store adopt, store republish, token create, token rotate, token revoke, ca init, ca issue, keepalived-config, schema, completion, complete".split(
      ", ",
    );
  const reads = [...verbs(buildProgram(silent))].filter(([name]) => !changes.includes(name));
  const lacks = (...wanted: string[]): string[] =>
    reads
      .filter(([, { options }]) => !options.some(({ long }) => wanted.includes(long ?? "")))
      .map(([name]) => name);
  assert.deepEqual(lacks("--json"), []);
  assert.deepEqual(lacks("--watch", "--follow"), ["top"], "it is live");
});

for (const [name, command] of [["", buildProgram(silent)] as const, ...verbs(buildProgram(silent))]) {
  test(`skein ${name} --help has examples and keeps to 80 columns`, () => {
    const text = help(command);
    assert.match(text, /\nExamples:\n {2}\S*skein|\nExamples:\n {2}/);
    const wide = text.split("\n").filter((line) => line.length > 80);
    assert.deepEqual(wide, []);
  });
}
