import { type Command, CommanderError } from "commander";
import { SkeinError } from "../protocol/error.ts";
import { systemReason } from "../runtime/system-reason.ts";
import { SupervisorError } from "../supervisor/supervisor-error.ts";
import { exitCode, Failure } from "./failure.ts";
import { buildProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/** Runs one command line (without `node` and the script). The value is the exit code; what went wrong has been told. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = exitCode.ok;
  const program = buildProgram({ terminal, ended: (given) => (code = given) });
  speakTo(terminal, program);
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    return report(error, terminal);
  }
}

/** Says what went wrong and gives the exit code. */
function report(error: unknown, terminal: Terminal): number {
  // Commander has said it; help and version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  if (error instanceof Failure) {
    terminal.note(`skein: ${error.message}`);
    return error.exitCode;
  }
  if (error instanceof SupervisorError) {
    terminal.note(`skein: ${error.detail}`);
    return error.code === "configuration-invalid" ? exitCode.usage : exitCode.failed;
  }
  if (error instanceof SkeinError) {
    // Some already say which verb they speak of.
    terminal.note(error.detail.startsWith("skein ") ? error.detail : `skein: ${error.detail}`);
    return error.code === "invalid" ? exitCode.usage : exitCode.failed;
  }
  terminal.note(
    `skein: ${systemRefusal(error) ?? (error instanceof Error ? error.stack : undefined) ?? String(error)}`,
  );
  return exitCode.failed;
}

/** In one line, where it was the system that refused something; everything else is a fault of ours, and told with its place. */
function systemRefusal(error: unknown): string | undefined {
  const { code, syscall, path } = Object(error) as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  const reason = systemReason(error);
  return path === undefined || reason.includes(path) ? reason : `${path}: ${reason}`;
}

function speakTo(terminal: Terminal, command: Command): void {
  command.configureOutput({
    writeOut: (text) => terminal.out(text.replace(/\n$/, "")),
    writeErr: (text) => terminal.note(text.replace(/\n$/, "")),
  });
  for (const child of command.commands) speakTo(terminal, child);
}
