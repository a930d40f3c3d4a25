import type { Command } from "commander";
import type { ServicesReply, WorkersReply, RoutesReply } from "../../protocol/discovery.ts";
import { candidates, matching, type NameKind } from "../completion/candidates.ts";
import { completionScripts, type Shell } from "../completion/scripts.ts";
import { ControlClient } from "../control-client.ts";
import { exitCode } from "../failure.ts";
import type { Terminal } from "../terminal.ts";

/** `skein completion bash`: the script for a shell. */
export function completion(shell: Shell, terminal: Terminal): number {
  terminal.out(completionScripts[shell]);
  return exitCode.ok;
}

/** A shell stands still meanwhile. */
const namesWithinMs = 1_000;

/** What may follow, one on each line. For the shell's scripts: it never fails, where nothing is known it says nothing. */
export async function complete(
  program: Command,
  typed: readonly string[],
  terminal: Terminal,
  signal = AbortSignal.timeout(namesWithinMs),
): Promise<number> {
  const { words, names } = candidates(program, typed);
  const known = await Promise.all(names.map((kind) => namesOf(kind, signal).catch(() => [])));
  for (const word of matching([...words, ...known.flat()], typed.at(-1) ?? "")) terminal.out(word);
  return exitCode.ok;
}

async function namesOf(kind: NameKind, signal: AbortSignal): Promise<string[]> {
  const client = new ControlClient({ signal });
  switch (kind) {
    case "worker":
      return (await client.get<WorkersReply>("/v1/workers")).workers.map(({ id }) => id);
    case "service":
      return (await client.get<ServicesReply>("/v1/services")).services.map(({ name }) => name);
    case "route":
      return (await client.get<RoutesReply>("/v1/routes")).routes.map(({ name }) => name);
    case "token":
      return (await client.get<{ tokens: { id: string }[] }>("/v1/tokens")).tokens.map(({ id }) => id);
    case "process":
      return processNames(signal);
  }
}

async function processNames(signal: AbortSignal): Promise<string[]> {
  const { askSupervisor } = await import("../../supervisor/ask.ts");
  const { stateDirectory } = await import("../find-gateway.ts");
  const { children } = await askSupervisor(stateDirectory(undefined), { name: "status" }, namesWithinMs, {
    signal,
  });
  return ["supervisor", ...children.map(({ name }) => name)];
}
