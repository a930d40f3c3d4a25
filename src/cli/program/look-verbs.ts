import { Argument, type Command, Option } from "commander";
import { shells, type Shell } from "../completion/scripts.ts";
import type { ControlOptions } from "../find-control.ts";
import { levels } from "../logs/log-line.ts";
import type { Stage } from "../program.ts";
import type { DescribeOptions } from "../verbs/describe.ts";
import type { HistoryOptions } from "../verbs/history.ts";
import type { LogsOptions } from "../verbs/logs.ts";
import { type WatchOptions, watched } from "../watch.ts";
import { withControl, withWatch } from "./with-control.ts";

/** What looks at a running cluster more closely. */
export function addLookVerbs(program: Command, stage: Stage): void {
  addTop(program, stage);
  addDescribe(program, stage);
  addDiff(program, stage);
  addLogs(program, stage);
  addCompletion(program, stage);
}

function addTop(program: Command, stage: Stage): void {
  withControl(program.command("top"))
    .description("the workers and the traffic, live; keys sort and drain")
    .addHelpText(
      "after",
      `
Keys: arrows or j and k select a worker; n, s, b, r, l, e sort by name, state,
busy, rate, p99, errors; d drains it and u undrains it, once you say y; q ends.

Examples:
  skein top`,
    )
    .action(async (options: ControlOptions) => {
      const { top } = await import("../verbs/top.ts");
      stage.ended(await top(options, stage.terminal));
    });
}

function addDescribe(program: Command, stage: Stage): void {
  withWatch(withControl(program.command("describe")))
    .description("everything that is known of one worker, service or route")
    .argument("<name>", "a worker's id, a service, or a route")
    .addOption(
      new Option("--kind <kind>", "which, when several have this name").choices([
        "worker",
        "service",
        "route",
      ]),
    )
    .option("-s, --service <name>", "the worker of this service")
    .addHelpText(
      "after",
      "\nExamples:\n  skein describe orders-1\n  skein describe orders --watch\n  skein describe /api/*",
    )
    .action(async (name: string, options: DescribeOptions & WatchOptions) => {
      const { describe } = await import("../verbs/describe.ts");
      stage.ended(await watched(options, stage.terminal, (each, page) => describe(name, each, page)));
    });
}

function addDiff(program: Command, stage: Stage): void {
  withWatch(withControl(program.command("diff")))
    .description("what became of the workers between two moments, and why")
    .argument("<from>", "12:03:10 (UTC), 5m (ago), or an ISO time")
    .argument("[to]", "the same", "now")
    .option("-s, --service <name>", "only workers of this service")
    .addHelpText("after", "\nExamples:\n  skein diff 10m\n  skein diff 12:03:10 12:05 --service orders")
    .action(async (from: string, to: string, options: HistoryOptions & WatchOptions) => {
      const { diff } = await import("../verbs/history.ts");
      stage.ended(await watched(options, stage.terminal, (each, page) => diff(from, to, each, page)));
    });
}

function addLogs(program: Command, stage: Stage): void {
  program
    .command("logs")
    .description("what the processes of the gateway on this host have logged")
    .option("-f, --follow", "go on until Ctrl-C")
    .option("-n, --lines <count>", "at most so many from before", "50")
    .option("-p, --process <name>", "only this one: proxy-1, controller-2, supervisor")
    .addOption(new Option("--level <level>", "only this level and worse").choices(Object.keys(levels)))
    .option("--state <directory>", "state directory of the gateway (default: ./.skein)")
    .option("--json", "the lines as they were written, one JSON text each")
    .addHelpText(
      "after",
      `
The processes write to the stderr of \`skein up\`; a file and systemd's journal
can be read from here.

Examples:
  skein logs -f
  skein logs --process controller-1 --level warn -n 200`,
    )
    .action(async (options: LogsOptions) => {
      const { logs } = await import("../verbs/logs.ts");
      stage.ended(await logs(options, stage.terminal));
    });
}

function addCompletion(program: Command, stage: Stage): void {
  program
    .command("completion")
    .description("a script by which a shell completes verbs, options and the names of what runs")
    .addArgument(new Argument("<shell>", "whose").choices(shells))
    .addHelpText(
      "after",
      `
Examples:
  skein completion bash >> ~/.bashrc
  skein completion zsh > "\${fpath[1]}/_skein"
  skein completion fish > ~/.config/fish/completions/skein.fish`,
    )
    .action(async (shell: Shell) => {
      const { completion } = await import("../verbs/completion.ts");
      stage.ended(completion(shell, stage.terminal));
    });
  program
    .command("complete", { hidden: true })
    .description("what may follow these words; for the shells' scripts")
    .argument("[words...]")
    .addHelpText("after", '\nExamples:\n  skein complete -- drain ""')
    .action(async (words: string[]) => {
      const { complete } = await import("../verbs/completion.ts");
      stage.ended(await complete(program, words, stage.terminal));
    });
}
