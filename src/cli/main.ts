/** Entry: the command `skein`. */
import { runCommand } from "./command.ts";
import { exitCode } from "./failure.ts";
import { processTerminal } from "./terminal.ts";

// `skein ps | head` ends the pipe early: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? exitCode.ok : exitCode.failed);
});

// What is said to nobody ends nothing: `skein run` would leave its program behind without anybody who watches it.
process.stderr.on("error", () => {});

process.exitCode = await runCommand(process.argv.slice(2), processTerminal());
