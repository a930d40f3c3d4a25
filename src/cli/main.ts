/** Entry: the command `skein`. */
import { CommanderError } from "commander";
import { SupervisorError } from "../supervisor/supervisor-error.ts";
import { exitCode, Failure } from "./failure.ts";
import { buildProgram } from "./program.ts";
import { processTerminal } from "./terminal.ts";

const terminal = processTerminal();
const program = buildProgram({ terminal, ended: (code) => (process.exitCode = code) });

// `skein ps | head` ends the pipe early: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? exitCode.ok : exitCode.failed);
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Says what went wrong and gives the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) {
    // Commander has said it; help and version are no errors.
    return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  }
  if (error instanceof Failure) {
    terminal.note(`skein: ${error.message}`);
    return error.exitCode;
  }
  if (error instanceof SupervisorError) {
    terminal.note(`skein: ${error.detail}`);
    return error.code === "configuration-invalid" ? exitCode.usage : exitCode.failed;
  }
  terminal.note(`skein: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return exitCode.failed;
}
