import type { Command } from "commander";
import type { Stage } from "../program.ts";
import type { DemoVerbOptions } from "../verbs/demo.ts";
import type { DevOptions } from "../verbs/dev.ts";
import type { RunOptions } from "../verbs/run.ts";

/** What starts programs of the user's, or of ours to look at. */
export function addLocalVerbs(program: Command, stage: Stage): void {
  addDemo(program, stage);
  addDev(program, stage);
  addRun(program, stage);
}

function addDemo(program: Command, stage: Stage): void {
  program
    .command("demo")
    .description("a small cluster under load: kill its leader and its workers, and look at the numbers")
    .option("--drill", "play every row of the drill, and end with a table")
    .option("--play", "play the short show even at a terminal")
    .option("--listen <port>", "port for clients (default: 8080, else the next free one)")
    .option("--control <port>", "port of the control API (default: 7600, else the next free one)")
    .addHelpText("after", "\nExamples:\n  skein demo\n  skein demo --drill")
    .action(async (options: DemoVerbOptions) => {
      const { demo } = await import("../verbs/demo.ts");
      stage.ended(await demo(options));
    });
}

function addDev(program: Command, stage: Stage): void {
  program
    .command("dev")
    .description("your own unchanged app behind a gateway, restarted on change")
    .argument("<entry>", "the app's entry file")
    .argument("[args...]", "arguments for the app; its options after --")
    .option("-i, --instances <count>", "how many of it", "3")
    .option("--service <name>", "name of the service (default: that of package.json)")
    .option("-l, --listen <address>", "where clients connect (default: :8080, else the next free port)")
    .option("--control <address>", "the control API (default: 127.0.0.1:7600, else the next free port)")
    .option("--state <directory>", "state directory (default: a temporary one)")
    .option(
      "-c, --config <file>",
      "configuration (default: skein.config.* here, if any; without one everything goes to the app)",
    )
    .option("--no-watch", "do not restart when a file changes")
    .addHelpText("after", "\nExamples:\n  skein dev server.js\n  skein dev src/server.ts -i 5 -- --verbose")
    .action(async (entry: string, args: string[], options: DevOptions) => {
      const { dev } = await import("../verbs/dev.ts");
      stage.ended(await dev(entry, args, options));
    });
}

function addRun(program: Command, stage: Stage): void {
  program
    .command("run")
    .description("start, watch and restart any program, as a worker of a service")
    .argument("<command...>", "the program and its arguments, after --; it listens on the port in $PORT")
    .requiredOption("-s, --service <name>", "the service it serves")
    .option("-p, --port <port>", "port of the program (default: a free one)")
    .option("--check <path>", "answers below 400 when it serves (default: its port accepts connections)")
    .option("--control <address...>", "the control API (default: the gateway of this host)")
    .option("--state <directory>", "state directory of the gateway (default: ./.skein)")
    .option("--id <id>", "name of this worker (default: by its host and port)")
    .option("--weight <number>", "share of the requests (default: 1)")
    .option("--label <version>", "version of the program; subsets may choose by it")
    .option("--zone <zone>", "where it runs; preferZone and subsets choose by it")
    .option("--tag <tag...>", "subsets may choose by them")
    .option("--drain <ms>", "longest wait from SIGTERM to SIGKILL (default: 30000)")
    .option("--grace <ms>", "from the last request to SIGTERM (default: 1000)")
    .passThroughOptions()
    .addHelpText(
      "after",
      `
Examples:
  skein run --service orders -- ./orders --verbose
  skein run --service web --check /healthz -- python3 -m gunicorn app:app`,
    )
    .action(async (command: string[], options: RunOptions) => {
      const { run } = await import("../verbs/run.ts");
      stage.ended(await run(command, options));
    });
}
